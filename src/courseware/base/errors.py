"""The one exception that a person who uses a command may see."""


class UsageError(Exception):
    """Wrong use or bad input. The message says in one short sentence what to do; the command ends with exit code 2."""
