import os

from served import outcome, served


def fill(folder):
    """MiB that went into files in this folder."""
    written = 0
    try:
        for number in range(100):
            with open(f"{folder}/{number}", "wb") as file:
                for _ in range(8):
                    file.write(b"x" * 1024**2)
                    file.flush()
                    written += 1
    except OSError:
        if not written:
            raise
    return written


def everywhere(path):
    folders = ["/", "/usr", "/usr/lib", "/etc", "/dev", "/dev/shm", "/dev/pts", "/tmp", os.environ["HOME"], os.getcwd()]
    return {folder: outcome(fill, folder) for folder in [*folders, *os.environ["LIBRARIES"].split(":")]}


create_app = served(everywhere)
