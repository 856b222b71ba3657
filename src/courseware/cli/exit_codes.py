"""What the command's exit code says."""

HELD = 0
FAILED = 1
WRONG_USE = 2
FAULT = 3
STOPPED = 130
