import os
from pathlib import Path

from served import outcome, served


def change(path):
    places = [Path(place) for place in os.environ["LIBRARIES"].split(":")]
    names = ["conftest.py", "sitecustomize.py", "usercustomize.py", "harm.pth", "os.py"]
    return {str(place / name): outcome((place / name).write_text, "harm") for place in places for name in names}


create_app = served(change)
