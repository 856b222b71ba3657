import threading

from served import served


def start_threads(path):
    for number in range(3000):
        try:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        except RuntimeError:
            return number
    return 3000


create_app = served(start_threads)
