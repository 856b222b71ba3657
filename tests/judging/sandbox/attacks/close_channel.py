import os
import socket
import stat
import time
from contextlib import suppress

for number in range(3, 64):
    with suppress(OSError):
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            socket.socket(fileno=number).shutdown(socket.SHUT_RDWR)
while True:
    time.sleep(1)
