"""Upcoming birthdays over HTTP, and their cache."""

# TODO 6.5: move the clock to a fixed date, and write tests of lists that are cached, deleted and outdated.
