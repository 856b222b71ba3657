"""Roles: what admins may do, and what happens to a user whose account is deactivated."""

# TODO 8.5: tests of the roles. `await people("admin@example.com", role="admin")` makes an admin.
