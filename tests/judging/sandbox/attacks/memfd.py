import os

from served import outcome, served

create_app = served(lambda path: outcome(os.memfd_create, "hog"))
