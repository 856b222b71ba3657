"""The engine of the course: trees, sandbox, judge and views. It knows nothing of the application that is built."""
