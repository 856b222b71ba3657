import os

from served import served


def create(path):
    os.mkdir("many")
    for number in range(300_000):
        try:
            os.close(os.open(f"many/{number}", os.O_CREAT))
        except OSError:
            break
    return number


create_app = served(create)
