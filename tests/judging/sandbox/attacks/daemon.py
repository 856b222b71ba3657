import os

from served import served


def daemon(path):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/usr/bin/sleep", ["sleep", os.environ["MARK"]])
        os._exit(0)
    return os.getpid()


create_app = served(daemon)
