"""The message after registering, and its link. An AsyncMock stands in for the mail server."""

# TODO 6.4: tests with the fixtures `mailer` and `outbox`, and the helpers `messages` and `token_in`.
