"""Nothing that comes from a submission may steer a terminal or reorder what is read."""

import unicodedata

import pytest

from courseware.base.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("\r overwritten", r"\r overwritten"),
        ("\b\b\x7f\0", r"\x08\x08\x7f\x00"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\ud800", r"\ud800"),
        ("\u2028", r"\u2028"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_what_is_not_seen_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["", "a b", "two\nlines\tand a tab", "Олена é 中 🙂", "[red]markup[/red] <b>"])
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_no_control_or_format_character_passes() -> None:
    everything = "".join(map(chr, range(0x110000)))

    passed = {unicodedata.category(character) for character in printable(everything) if character not in "\n\t"}

    assert passed.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
