import os
import random
import socket
from pathlib import Path

from served import served

FOLDERS = [Path(place) for place in ("/tmp", "/dev/shm", "/dev/pts", "/scratch", "/scratch/tmp", "/scratch/project")]
FOUND = {str(folder): sorted(os.listdir(folder)) for folder in FOLDERS}
listeners = []
for family, address in ((socket.AF_INET, ("127.0.0.1", 4321)), (socket.AF_UNIX, "\0known")):
    listeners.append(socket.socket(family))
    listeners[-1].bind(address)
for folder in FOLDERS:
    if folder != Path("/dev/pts"):
        (folder / "left behind").touch()
create_app = served(lambda path: [FOUND, random.random()])
