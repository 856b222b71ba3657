import ctypes
import os
import re

NAME = 15  # PR_SET_NAME
ctypes.CDLL(None).prctl(NAME, os.environ["MARK"].encode())
# The interpreter's lock is held all the while: no other thread gets a turn.
re.match("(a+)+$", "a" * 60 + "b")
