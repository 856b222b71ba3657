"""Contacts over HTTP."""

# TODO 6.3: tests of create, read, list, search, change and delete. `tests.examples` has helpers.
