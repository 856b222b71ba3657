import os
import socket
import stat
import time
from contextlib import suppress

MESSAGES = {
    "ready": b'{"phase": "ready", "text": ""}\n',
    "noise": b"\xff\xfe{{{\n",
    "endless line": b"x" * 4 * 1024**2,
    "odd": b'{"phase": ["ready"], "at": {}, "number": "1"}\n[1]\n',
    "deep": b"[" * 100_000 + b"\n",
    "flood": b'{"at": "import"}\n' * 2_000_000,
}

for number in range(3, 64):
    with suppress(OSError):
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            candidate = socket.socket(fileno=os.dup(number))
            candidate.getpeername()
            candidate.sendall(MESSAGES[os.environ["MESSAGE"]])
while True:
    time.sleep(1)
