"""What a trigger does: the database changes a row that a statement has just written."""

import sqlite3

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE notes (text TEXT)")
database.execute("CREATE TRIGGER capitals AFTER INSERT ON notes BEGIN UPDATE notes SET text = upper(text); END")
database.execute("INSERT INTO notes VALUES ('hello')")
(text,) = database.execute("SELECT text FROM notes").fetchone()
print("stored:", text, "✓" if text == "HELLO" else "✗ NOT SO")
database.close()
