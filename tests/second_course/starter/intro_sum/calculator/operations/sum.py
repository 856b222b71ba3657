"""Sum of two numbers."""


def calculate(a: int, b: int) -> int:
    """Return the sum of `a` and `b`."""
    # TODO 1.1: calculate it.
    raise NotImplementedError("Task 1.1")
