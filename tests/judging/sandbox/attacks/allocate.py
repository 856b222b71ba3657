from served import outcome, served

create_app = served(lambda path: outcome(lambda: len(bytearray(3 * 1024**3))))
