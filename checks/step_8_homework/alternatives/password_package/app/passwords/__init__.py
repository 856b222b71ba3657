"""All that users do about their passwords, and what a password confirms."""
