import os
import time

from served import served


def fork(path):
    for number in range(3000):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError:
            return number
    return 3000


create_app = served(fork)
