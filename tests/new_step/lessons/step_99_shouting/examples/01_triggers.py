"""What a trigger does: the database changes a row that a statement has just written."""

import sqlite3
import sys

NOTES = [
    "call",
    "back!",
    "hello!",
    "no!",
    "yes!",
    "now!",
    "later!",
    "wait!",
    "stop!",
    "go!",
    "look!",
    "listen!",
    "read!",
    "write!",
    "run!",
    "sleep!",
]

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE notes (text TEXT)")
database.execute("CREATE TRIGGER capitals AFTER INSERT ON notes BEGIN UPDATE notes SET text = upper(text); END")
database.executemany("INSERT INTO notes VALUES (?)", [(text,) for text in NOTES])
stored = [text for (text,) in database.execute("SELECT text FROM notes ORDER BY rowid")]
database.close()

holds = [found == text.upper() for text, found in zip(NOTES, stored, strict=True)]
for text, found, claim in zip(NOTES, stored, holds, strict=True):
    print(f"{text:8} is stored as {found:8} {'✓' if claim else '✗ NOT SO'}")
sys.exit(0 if all(holds) else 1)
