import time

from served import served

create_app = served(lambda path: time.sleep(60))
