"""Resetting a password: with a token from the mailbox, once, and all sessions end."""

# TODO 8.5: tests of the password reset. The fixture `mailed_tokens` reads the tokens in the messages.
