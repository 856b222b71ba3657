import os
from pathlib import Path

from served import outcome, served


def read(path):
    return {name: outcome(lambda name=name: Path(name).read_text()) for name in os.environ["TARGETS"].split(":")}


def found(path):
    """All files and variables that hold the canary's words, but for libraries."""
    name = "no" + "body may see this"
    hits = [key for key, value in os.environ.items() if name in value]
    for folder, folders, files in os.walk("/"):
        if folder.startswith(("/usr", "/dev", *os.environ["LIBRARIES"].split(":"))):
            folders.clear()
            continue
        for file in files:
            file = Path(folder, file)
            if file.is_file() and name.encode() in file.read_bytes():
                hits.append(str(file))
    return hits


create_app = served(lambda path: found(path) if path == "/found" else read(path))
