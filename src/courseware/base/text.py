"""Makes text that comes from a submission safe to store and to show.

Nothing in it may keep a verdict from being written, steer a terminal or reorder what is read.
"""

KEPT = "\n\t"
# Spreadsheets take a cell that begins with one of these for a formula; some do so with the wide forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def encodable(text: str) -> str:
    r"""`text` with each lone surrogate replaced by its escape, such as `\ud800`, so that UTF-8 and JSON can hold it."""
    return text.encode(errors="backslashreplace").decode()


def printable(text: str) -> str:
    r"""`text` with every character that is not seen replaced by its escape, such as `\x1b` or `\u202e`.

    That covers control characters (C0, C1, delete), bidirectional overrides, zero-width characters, odd spaces and lone
    surrogates; line feeds and tabs stay. It does not escape HTML or Rich's markup: who shows it must do that too.
    """
    return "".join(
        character if character.isprintable() or character in KEPT else _escape(character) for character in text
    )


def spreadsheet_text(text: str) -> str:
    """`text` for a cell of a CSV file, in which no spreadsheet finds a formula."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
