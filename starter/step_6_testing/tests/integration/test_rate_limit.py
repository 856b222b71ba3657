"""Rate limits. They are off in all other tests, because all requests of the tests come from one address."""

# TODO 6.5: a fixture `settings` of this file that switches the limits on, and tests of refused requests.
