"""The greeting."""

# TODO: write tests of the greeting.
