import os

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


AT_IMPORT = inherited()


def look(path):
    return {
        "environment": dict(os.environ),
        "descriptors": AT_IMPORT,
        "user": [os.getuid(), os.geteuid(), os.getgid(), os.getgroups()],
        "process": os.getpid(),
        "root": sorted(os.listdir("/")),
        "proc": os.path.exists("/proc/self"),
        "host": os.uname().nodename,
    }


create_app = served(look)
