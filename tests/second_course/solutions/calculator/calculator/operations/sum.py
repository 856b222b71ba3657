"""Sum of two numbers."""


def calculate(a: int, b: int) -> int:
    """Return the sum of `a` and `b`."""
    return a + b
