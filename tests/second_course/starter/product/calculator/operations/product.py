"""Product of two numbers."""


def calculate(a: int, b: int) -> int:
    """Return the product of `a` and `b`."""
    # TODO 2.1: calculate it.
    raise NotImplementedError("Task 2.1")
