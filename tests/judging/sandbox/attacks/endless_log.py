from served import served


def log(path):
    while True:
        print("x" * 65536, flush=True)


create_app = served(log)
