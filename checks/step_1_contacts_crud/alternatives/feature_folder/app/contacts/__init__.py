"""Contacts, from the table to HTTP."""
