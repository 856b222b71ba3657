"""Tokens and password hashes. The clock is moved instead of waiting."""

# TODO 6.2: tests of create_token, read_token, read_mailed_token, hash_password and password_matches.
