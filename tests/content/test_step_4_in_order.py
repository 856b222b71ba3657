"""Step 4 is worked on in order: a task holds as soon as it is done, whether or not the next one is begun."""

from pathlib import Path

import pytest

from courseware.base.tree import Tree
from courseware.course import load_course
from courseware.course.stages import finish, start
from courseware.judging.judgement import judge

COURSE = load_course(Path(__file__).parents[2])
STEP = COURSE.step(4)
REFERENCE = finish(COURSE, 4)
HANDED_OUT = start(COURSE, 4)
SETTINGS, LIMITER = "app/core/config.py", "app/core/rate_limit.py"
DEPENDENCIES, ROUTES = "app/api/limits.py", "app/api/v1/auth.py"

COUNT_IN_MEMORY = """\
        if self._settings.rate_limit_enabled:
            self._local.count(route, request)
"""
ADDRESS = """\
    from slowapi.util import get_remote_address

    return get_remote_address(request)
"""
NETWORK = """\
    from ipaddress import ip_network

    address = get_remote_address(request)
    return str(ip_network((address, 64), strict=False)) if ":" in address else address
"""
CALL = "        self._functions[route](request)\n"
DIGEST = """\
    from hashlib import sha256

    return sha256(request.state.account.encode()).hexdigest()
"""
TRANSLATED = """\
        from slowapi.errors import RateLimitExceeded

        from app.core.errors import TooManyRequests

        try:
            self._functions[route](request)
        except RateLimitExceeded:
            raise TooManyRequests("rate_limited", "Wait a moment.", self._seconds_to_wait(request)) from None
"""
REST_OF_THE_WINDOW = """\
        import math
        import time

        limit, key = request.state.view_rate_limit
        return max(1, math.ceil(self._limiter.limiter.get_window_stats(limit, *key).reset_time - time.time()))
"""


def edited(tree: Tree, path: str, *edits: tuple[str, str]) -> Tree:
    """The tree with these replacements in one file. Each text that is replaced stands there once."""
    text = tree[path].decode()
    for find, replace in edits:
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    return {**tree, path: text.encode()}


def stub(words: str, indent: int = 4) -> str:
    return f'{" " * indent}raise NotImplementedError("{words}")\n'


def first_task() -> Tree:
    """Registration has a limit, counted in memory."""
    tree: Tree = {**HANDED_OUT, SETTINGS: REFERENCE[SETTINGS], ROUTES: REFERENCE[ROUTES]}
    for name in ("limit_login", "limit_resend"):
        tree = edited(tree, ROUTES, (f"    dependencies=[Depends({name})],\n", ""))
    counted = '    await limits.count("register", request)\n'
    tree = edited(tree, DEPENDENCIES, (stub("Task 4.1: count a registration"), counted))
    return edited(
        tree,
        LIMITER,
        ('"register": [],', '"register": [Limit("5/minute")],'),
        (stub("Task 4.1: find the address of the client"), ADDRESS),
        (stub("Task 4.1: count a request in this storage", 8), CALL),
        (stub("Task 4.1: count a request", 8), COUNT_IN_MEMORY),
    )


AFTER_1 = first_task()
AFTER_2 = edited(AFTER_1, LIMITER, ("    return get_remote_address(request)\n", NETWORK))
AFTER_3 = edited(
    {**AFTER_2, DEPENDENCIES: REFERENCE[DEPENDENCIES], ROUTES: REFERENCE[ROUTES]},
    LIMITER,
    (stub("Task 4.3: name the account"), DIGEST),
    ('"login": [],', '"login": [Limit("10/minute"), Limit("10/minute", key=account)],'),
    ('"resend": [],', '"resend": [Limit("3/minute")],'),
)
AFTER_4 = edited(
    AFTER_3,
    LIMITER,
    (CALL, TRANSLATED),
    (stub("Task 4.4: say when the client may come back", 8), REST_OF_THE_WINDOW),
)
ROUNDED_DOWN = edited(
    AFTER_4,
    LIMITER,
    (REST_OF_THE_WINDOW.splitlines()[-1], REST_OF_THE_WINDOW.splitlines()[-1].replace("max(1, math.ceil(", "int((")),
)
TREES = (HANDED_OUT, AFTER_1, AFTER_2, AFTER_3, AFTER_4, REFERENCE)


@pytest.mark.parametrize("done", range(1, len(TREES) - 1))
def test_what_is_done_holds_and_the_rest_does_not(done: int) -> None:
    """`course verify` judges what is handed out and the reference."""
    verdict = judge(COURSE, STEP, TREES[done], hidden=True)
    assert verdict.valid
    assert [task.held for task in verdict.tasks] == [number < done for number in range(len(STEP.tasks))]


def test_seconds_that_are_rounded_down_are_noticed_with_counters_in_memory() -> None:
    verdict = judge(COURSE, STEP, ROUNDED_DOWN, tasks=("4.4",))
    failed = [(check.id, check.failure.key) for check in verdict.checks if check.failure]
    assert failed == [("client_that_waits_is_served", "waited_in_vain")]
