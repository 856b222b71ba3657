"""The rules of the application. A service decides what belongs together in one transaction, and commits it."""
