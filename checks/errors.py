"""What an error answer of the Contacts API must look like."""

from courseware.checking import Answer, expect


def expect_error(answer: Answer, status: int, *, key: str, code: str | None = None) -> None:
    """Fails the check unless this is an error in the one shape, with this code if one is given."""
    answer.expect_status(status, key=key)
    for name in ("detail", "code"):
        text = answer.typed(str, name, key="wrong_error_shape")
        expect(bool(text), "wrong_error_shape", asked=str(answer.request), expected=f"a {name} with words", got="none")
    if code is not None:
        answer.expect_value("code", equals=code, key="wrong_error_code")


def error_fields(answer: Answer) -> list[str]:
    """The fields that a 422 answer complains about, such as "body.email"."""
    count = len(answer.typed(list, "errors", key="wrong_error_shape"))
    for place in range(count):
        answer.typed(str, "errors", place, "message", key="wrong_error_shape")
    return [answer.typed(str, "errors", place, "field", key="wrong_error_shape") for place in range(count)]
