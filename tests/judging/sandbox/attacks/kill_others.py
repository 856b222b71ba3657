import os
import signal

from served import outcome, served


def kill(path):
    targets = [os.getppid(), -1, 1, *range(2, 400), int(os.environ["JUDGE"])]
    outcomes = {str(target): outcome(os.kill, target, signal.SIGKILL) for target in targets if target}
    return [target for target, became in outcomes.items() if became is None]


create_app = served(kill)
