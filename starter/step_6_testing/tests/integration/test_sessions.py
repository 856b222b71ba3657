"""Refresh tokens work once, and logging out ends them."""

# TODO 6.5: tests of refresh, reuse and logout. Log in over HTTP first.
