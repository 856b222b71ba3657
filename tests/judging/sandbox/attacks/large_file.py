import os

from served import served


def write(path):
    with open("large", "wb") as file:
        try:
            for _ in range(300):
                file.write(b"x" * 1024**2)
                file.flush()
        except OSError as error:
            return [error.errno, os.path.getsize("large")]


create_app = served(write)
