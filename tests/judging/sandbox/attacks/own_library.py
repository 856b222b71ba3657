import bcrypt
from served import served

create_app = served(lambda path: bcrypt.MINE)
