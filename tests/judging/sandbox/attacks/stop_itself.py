import os
import signal

from served import served

create_app = served(lambda path: os.kill(os.getpid(), signal.SIGSTOP))
