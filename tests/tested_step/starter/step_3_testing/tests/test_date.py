"""The date."""

# TODO: write tests of the date.
