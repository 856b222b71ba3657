"""How a check says that something does not hold."""


class CheckFailed(Exception):
    """The application does not do what the check demands.

    Args:
        key: the kind of failure, in snake case; known mistakes and statistics refer to it.
        asked: what was done, e.g. `POST /api/v1/contacts {...}`.
        expected: what the contract demands.
        got: what came instead.
    """

    def __init__(self, key: str, *, asked: str, expected: str, got: str) -> None:
        super().__init__(f"{key}: asked {asked}; expected {expected}; got {got}")
        self.key = key
        self.asked = asked
        self.expected = expected
        self.got = got


def expect(holds: bool, key: str, *, asked: str, expected: object, got: object) -> None:
    """Fails the check with these words unless `holds`."""
    if not holds:
        raise CheckFailed(key, asked=asked, expected=_words(expected), got=_words(got))


def _words(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
