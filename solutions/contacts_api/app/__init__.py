"""The Contacts API: a contact book with accounts."""
