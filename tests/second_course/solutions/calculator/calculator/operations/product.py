"""Product of two numbers."""


def calculate(a: int, b: int) -> int:
    """Return the product of `a` and `b`."""
    return a * b
