import os

from served import served

create_app = served(lambda path: os._exit(0) if path == "/exit" else "well")
