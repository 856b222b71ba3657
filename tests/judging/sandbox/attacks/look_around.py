import ctypes
import os
import struct

from served import served


def inherited():
    descriptors = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        descriptors.append(number)
    return descriptors


def capabilities():
    """The effective, permitted and inheritable ones, and those that a program could bring it."""
    library = ctypes.CDLL(None)
    header, data = struct.pack("=Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    asked = library.capget(header, data)
    return [asked, any(data.raw), any(library.prctl(23, number, 0, 0, 0) == 1 for number in range(64))]


AT_IMPORT = inherited()


def look(path):
    return {
        "environment": dict(os.environ),
        "descriptors": AT_IMPORT,
        "user": [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()],
        "capabilities": capabilities(),
        "process": os.getpid(),
        "root": sorted(os.listdir("/")),
        "proc": os.path.exists("/proc/self"),
        "host": os.uname().nodename,
    }


create_app = served(look)
