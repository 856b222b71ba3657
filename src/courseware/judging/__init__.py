"""Judges a submission: its application runs in a sandbox, checks send it requests, the verdict is made here."""
