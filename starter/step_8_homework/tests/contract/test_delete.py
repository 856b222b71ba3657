"""Deleting a contact: it is gone from every answer, and only its owner can do that."""

# TODO 8.5: tests of DELETE /contacts/{id}. Read the birthdays before the request too, so that the answer is cached.
