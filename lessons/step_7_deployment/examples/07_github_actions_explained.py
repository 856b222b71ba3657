"""GitHub Actions: a workflow with comments, and a simulation that plays events through it.

`python 07_github_actions_explained.py` prints the workflow. With `> .github/workflows/ci.yml` it becomes a valid file.

`python 07_github_actions_explained.py --simulate` plays a push, a pull request and a red test through this workflow. It
shows which job runs, waits or is skipped, and why. It needs bash, but no network, no account and no Docker. The program
exits with 0 if all its claims hold, and with 1 if one does not.
"""

import base64
import contextlib
import io
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

import yaml

WORKFLOW = """\
# The file is .github/workflows/ci.yml. GitHub reads every YAML file in this folder.
name: CI

# WHEN: the triggers. Other events, such as a push to a branch, start nothing.
on:
  push:
    branches: [main]
  pull_request: # for each commit that is pushed to a pull request

# The rights of GITHUB_TOKEN, which every job gets. Without this block it may do more.
permissions:
  contents: read

# A newer commit of the same pull request ends the run of the older one.
concurrency:
  group: ci-${{ github.ref }}
  cancel-in-progress: ${{ github.ref != 'refs/heads/main' }}

env: # environment variables of all steps of all jobs
  PYTHON_VERSION: "3.13" # in quotes: 3.10 without them is the number 3.1

jobs:
  # Each job gets a new virtual machine, the runner. Nothing is left of it afterwards.
  lint:
    runs-on: ubuntu-24.04
    timeout-minutes: 5 # without it, a job that hangs ends after 6 hours
    steps:
      # `uses` runs an action: code from another repository. The commit pins it.
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      # v7.0.0 of actions/setup-python
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97
        with:
          python-version: ${{ env.PYTHON_VERSION }}
      # `run` executes lines in a shell. If one fails, the step and the job fail.
      - run: python -m pip install ruff==0.17.0
      - run: ruff check

  unit:
    runs-on: ubuntu-24.04
    timeout-minutes: 8
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97
        with:
          python-version: ${{ env.PYTHON_VERSION }}
          cache: pip # keeps downloads for the next run, until the lock file changes
          cache-dependency-path: locked.txt
      - run: python -m pip install --require-hashes -r locked.txt
      - run: pytest tests/unit # on SQLite: no server is needed

  integration:
    needs: unit # waits for unit, and is skipped if unit fails
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    services: # containers beside the runner, for this job alone
      db:
        image: postgres:17-bookworm
        env:
          POSTGRES_PASSWORD: only-for-this-job
        ports: ["5432:5432"] # port of the runner : port of the container
        # The steps begin when this command succeeds. Without it they begin at once.
        options: >-
          --health-cmd "pg_isready -h 127.0.0.1 -U postgres"
          --health-interval 5s --health-timeout 3s --health-retries 10
    env:
      # The steps run on the runner, so the host is 127.0.0.1. The name `db` would be
      # the host only if the job itself ran in a container.
      DATABASE_URL: postgres://postgres:only-for-this-job@127.0.0.1:5432/postgres
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97
        with:
          python-version: ${{ env.PYTHON_VERSION }}
      - run: python -m pip install --require-hashes -r locked.txt
      - run: pytest tests/integration

  publish:
    needs: [lint, integration] # all of them must pass
    if: github.event_name == 'push' && github.ref == 'refs/heads/main'
    runs-on: ubuntu-24.04
    timeout-minutes: 3
    environment: production # may ask a person first, and may have secrets of its own
    steps:
      - name: Tell the host to deploy this commit
        # --fail: without it, curl also succeeds when the host answers 500.
        run: curl --fail --silent --show-error --request POST "$HOOK"
        env:
          HOOK: ${{ secrets.HOST_HOOK }} # never in `run` itself
"""

# ----------------------------------------------------------------------------------------------------------- the events


@dataclass(frozen=True)
class Event:
    """What happened in the repository. `base` is the branch that a pull request wants to change."""

    title: str
    name: str
    ref: str
    base: str = ""
    from_fork: bool = False

    @property
    def branch(self) -> str:
        """The branch that the filter `branches` compares."""
        return self.base or self.ref.removeprefix("refs/heads/")


MAIN = Event("push to main", "push", "refs/heads/main")
BRANCH = Event("push to the branch fix", "push", "refs/heads/fix")
TAG = Event("push of the tag v1", "push", "refs/tags/v1")
PULL_REQUEST = Event("pull request to main", "pull_request", "refs/pull/7/merge", base="main")
FORK = Event("pull request from a fork", "pull_request", "refs/pull/8/merge", base="main", from_fork=True)
STAR = Event("a user adds a star", "watch", "refs/heads/main")


def read(text: str) -> dict[str, Any]:
    """The workflow as dictionaries and lists. PyYAML reads YAML 1.1, where `on` is another word for true."""
    workflow: dict[Any, Any] = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in workflow.items()}


def is_started(workflow: dict[str, Any], event: Event) -> bool:
    """Whether one of the triggers in `on` fits the event."""
    triggers = workflow["on"]
    if event.name not in triggers:
        return False
    branches = (triggers[event.name] or {}).get("branches", ["**"])
    # A filter of branches fits no tag.
    return any(fnmatch(event.branch, pattern) for pattern in branches)


# ------------------------------------------------------------------------------------------------------- the conditions

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|[!()]|[\w.-]+)")
STATUS_FUNCTION = re.compile(r"\b(always|success|failure|cancelled)\s*\(")


@dataclass
class Condition:
    """Computes the `if` of a job: `&&`, `||`, `!`, `==`, `!=`, brackets, texts, names, and functions of the status."""

    values: dict[str, str]
    functions: dict[str, bool]
    tokens: list[str] = field(default_factory=list)

    def holds(self, text: str) -> bool:
        text = text.strip()
        if "${{" in text:
            whole = re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", text)
            # Otherwise the expression becomes a part of a text. A text that is not empty is true.
            text = whole[1] if whole else "always()" if STATUS_FUNCTION.search(text) else "success()"
        if not STATUS_FUNCTION.search(text):
            text = f"success() && ({text})"
        self.tokens = TOKEN.findall(text)
        return bool(self._or())

    def _next_is(self, token: str) -> bool:
        found = self.tokens[:1] == [token]
        if found:
            del self.tokens[0]
        return found

    def _or(self) -> str | bool:
        left = self._and()
        while self._next_is("||"):
            right = self._and()
            left = left or right
        return left

    def _and(self) -> str | bool:
        left = self._comparison()
        while self._next_is("&&"):
            right = self._comparison()
            left = left and right
        return left

    def _comparison(self) -> str | bool:
        left = self._value()
        if self._next_is("=="):
            return left == self._value()
        if self._next_is("!="):
            return left != self._value()
        return left

    def _value(self) -> str | bool:
        if self._next_is("!"):
            return not self._value()
        if self._next_is("("):
            value = self._or()
            self._next_is(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1]
        if self._next_is("("):
            self._next_is(")")
            return self.functions[token]
        return self.values.get(token, "")


# ------------------------------------------------------------------------------------------------------------- the plan


@dataclass(frozen=True)
class Outcome:
    """What became of a job: passes, fails or is skipped. `turn` is 1 for jobs that start at once."""

    result: str
    why: str
    turn: int


def plan(workflow: dict[str, Any], event: Event, red: Iterable[str] = ()) -> dict[str, Outcome]:
    """What happens to each job if the jobs in `red` fail. Empty if the event does not start the workflow."""
    if not is_started(workflow, event):
        return {}
    jobs, outcomes = workflow["jobs"], dict[str, Outcome]()
    while len(outcomes) < len(jobs):
        ready = [job for job in jobs if job not in outcomes and needed_by(jobs, job) <= outcomes.keys()]
        if not ready:
            raise ValueError(f"jobs wait for a job that does not exist: {sorted(set(jobs) - set(outcomes))}")
        for job in ready:
            outcomes[job] = decide(jobs, job, event, outcomes, fails=job in red)
    return outcomes


def needed_by(jobs: dict[str, Any], job: str) -> set[str]:
    """The jobs in `needs`, which is a name or a list of names."""
    needs = jobs[job].get("needs", [])
    return {needs} if isinstance(needs, str) else set(needs)


def decide(jobs: dict[str, Any], job: str, event: Event, outcomes: dict[str, Outcome], *, fails: bool) -> Outcome:
    """What becomes of a job whose needed jobs have ended."""
    needs = needed_by(jobs, job)
    turn = 1 + max((outcomes[each].turn for each in needs), default=0)
    before = ancestors(jobs, job)
    condition = Condition(
        values={"github.event_name": event.name, "github.ref": event.ref},
        functions={
            "success": all(outcomes[each].result == "passes" for each in needs),
            "failure": any(outcomes[each].result == "fails" for each in before),
            "always": True,
            "cancelled": False,
        },
    )
    text = str(jobs[job].get("if", "success()"))
    if condition.holds(text):
        why = f"after {', '.join(sorted(needs))}" if needs else "needs no other job"
        return Outcome("fails" if fails else "passes", why, turn)
    missing = [f"{each} {'failed' if outcomes[each].result == 'fails' else 'was skipped'}" for each in sorted(needs)
               if outcomes[each].result != "passes"]  # fmt: skip
    return Outcome("skipped", ", ".join(missing) or "its `if` is false", turn)


def ancestors(jobs: dict[str, Any], job: str) -> set[str]:
    """The jobs that must end before this one, directly or through others."""
    needs = needed_by(jobs, job)
    return needs.union(*(ancestors(jobs, each) for each in needs))


def changed(find: str, replace: str) -> dict[str, Any]:
    """The workflow with a text replaced that occurs once."""
    if WORKFLOW.count(find) != 1:
        raise ValueError(f"this text occurs {WORKFLOW.count(find)} times in the workflow: {find}")
    return read(WORKFLOW.replace(find, replace))


def show(outcomes: dict[str, Outcome]) -> None:
    """Print what happens to each job."""
    rows = [(str(each.turn), job, each.result, each.why) for job, each in outcomes.items()]
    print_table(("turn", "job", "result", "why"), rows)


CI = read(WORKFLOW)

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was true when the chapter ran."""

# ------------------------------------------------------------------------------------------------------------- triggers


def triggers() -> Claims:
    """Triggers: which events start the workflow"""
    events = (MAIN, BRANCH, TAG, PULL_REQUEST, FORK, STAR)
    started = {event: is_started(CI, event) for event in events}
    print_table(
        ("event", "github.event_name", "github.ref", "starts"),
        [(each.title, each.name, each.ref, "yes" if starts else "no") for each, starts in started.items()],
    )
    return {
        "a push to main starts it": started[MAIN],
        "a push to another branch does not": not started[BRANCH],
        "a pull request starts it, also one from a fork": started[PULL_REQUEST] and started[FORK],
        "a filter of branches fits no tag": not started[TAG],
    }


# ------------------------------------------------------------------------------------------------------------- the jobs


def push_to_main() -> Claims:
    """A push to main, and all tests are green"""
    outcomes = plan(CI, MAIN)
    show(outcomes)
    print("Jobs of the same turn run at the same time, each on a machine of its own.")
    turn = {job: outcome.turn for job, outcome in outcomes.items()}
    return {
        "jobs without `needs` start at once, side by side": turn["lint"] == turn["unit"] == 1,
        "integration waits for unit": turn["integration"] == turn["unit"] + 1,
        "publish waits for all that it needs": turn["publish"] > max(turn["lint"], turn["integration"]),
    }


def pull_request() -> Claims:
    """A pull request"""
    outcomes = plan(CI, PULL_REQUEST)
    show(outcomes)
    print(f"github.event_name is {PULL_REQUEST.name!r}, and github.ref is {PULL_REQUEST.ref!r}.")
    results = {job: outcome.result for job, outcome in outcomes.items()}
    return {
        "every test runs before the merge": results["unit"] == results["integration"] == "passes",
        "nothing is deployed from a pull request": results["publish"] == "skipped",
    }


def red_tests() -> Claims:
    """A red test, in each job in turn, after a push to main"""
    plans = {job: plan(CI, MAIN, red=[job]) for job in CI["jobs"]}
    rows = [(red, *(outcome.result for outcome in outcomes.values())) for red, outcomes in plans.items()]
    print_table(("red", *CI["jobs"]), rows)
    print("With unit red:")
    show(plans["unit"])
    tested = [outcomes["publish"].result for red, outcomes in plans.items() if red != "publish"]
    return {
        "whichever job is red, publish is skipped": set(tested) == {"skipped"},
        "a skipped job skips the jobs that need it": plans["unit"]["publish"].why == "integration was skipped",
        "a job that does not need the red one runs": plans["lint"]["integration"].result == "passes",
    }


def conditions() -> Claims:
    """Conditions of the last job, and what they let through"""
    right = "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    written = {
        "as in the workflow": right,
        "(no `if`)": "success()",
        "github.ref == 'refs/heads/main'": "github.ref == 'refs/heads/main'",
        "always()": "always()",
        "!cancelled()": "!cancelled()",
        "${{ github.ref }} == 'refs/heads/main'": "${{ github.ref }} == 'refs/heads/main'",
        "failure()": "failure()",
    }
    seen = {name: deploys(condition) for name, condition in written.items()}
    headers = ("if", "green main", "red main", "pull request")
    print_table(headers, [(name, *("deploys" if each else "-" for each in row)) for name, row in seen.items()])
    print("With text around ${{ }} the condition is a text, such as \"refs/pull/7/merge == '…'\".")
    return {
        "as in the workflow, only a green main deploys": seen["as in the workflow"] == (True, False, False),
        "without an `if`, a pull request deploys": seen["(no `if`)"] == (True, False, True),
        "always() deploys red code, also from pull requests": seen["always()"] == (True, True, True),
        "!cancelled() does so too": seen["!cancelled()"] == (True, True, True),
        "text around ${{ }} is true on every branch": seen["${{ github.ref }} == 'refs/heads/main'"][2],
        "failure() is for messages: it holds when a job before failed": seen["failure()"] == (False, True, False),
    }


def deploys(condition: str) -> tuple[bool, bool, bool]:
    """Whether publish runs on a green main, on a red main, and from a pull request."""
    workflow = read(WORKFLOW)
    workflow["jobs"]["publish"]["if"] = condition
    outcomes = plan(workflow, MAIN), plan(workflow, MAIN, red=["unit"]), plan(workflow, PULL_REQUEST)
    first, second, third = (outcome["publish"].result == "passes" for outcome in outcomes)
    return first, second, third


def without_needs() -> Claims:
    """Without `needs`"""
    outcomes = plan(changed("    needs: [lint, integration] # all of them must pass\n", ""), MAIN, red=["unit"])
    show(outcomes)
    publish = outcomes["publish"]
    return {
        "a job without `needs` does not wait": publish.turn == 1,
        "it runs although unit is red": (outcomes["unit"].result, publish.result) == ("fails", "passes"),
    }


# ------------------------------------------------------------------------------------------------------------ the steps


def status_of(script: str, shell_key: str = "") -> int:
    """The exit status of a `run` step under the shell that GitHub uses. `shell_key` is the key `shell` of the step."""
    options = ["--noprofile", "--norc", "-eo", "pipefail"] if shell_key == "bash" else ["-e"]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            ["bash", *options, "-c", script],
            cwd=folder,
            capture_output=True,
            check=False,
        ).returncode


def shells() -> Claims:
    """Steps: which exit status makes a job red (bash really runs these lines)"""
    red = "(exit 1)"  # stands for pytest with a red test
    scripts = [
        ("pytest", "", red),
        ("pytest; echo done", "", f"{red}; echo done"),
        ("pytest || true", "", f"{red} || true"),
        ("pytest | tee report.txt", "", f"{red} | tee report.txt"),
        ("pytest | tee report.txt", "bash", f"{red} | tee report.txt"),
        ("if pytest; then echo ok; fi", "", f"if {red}; then echo ok; fi"),
    ]
    results = [status_of(script, shell) for _, shell, script in scripts]
    rows = [
        (name, f"shell: {shell}" if shell else "(none)", str(status), "red" if status else "GREEN")
        for (name, shell, _), status in zip(scripts, results, strict=True)
    ]
    print_table(("run, with a red test", "shell", "exit status", "job"), rows)
    return {
        "a line that fails ends the step: the shell runs with -e": results[0] == results[1] == 1,
        "`|| true` hides a red test": results[2] == 0,
        "a pipe has the status of its last command, so tee hides a red test": results[3] == 0,
        "`shell: bash` adds pipefail, and the pipe fails": results[4] == 1,
        "a test in an `if` of the shell hides a red test": results[5] == 0,
    }


def service_containers() -> Claims:
    """Service containers: with a health check, the steps wait for the server"""
    early, late = (first_connection(waits=waits) for waits in (False, True))
    print_table(("health check", "the first step connects"), [("none", early), ("--health-cmd", late)])
    db = CI["jobs"]["integration"]["services"]["db"]
    print(f"`ports` is {db['ports']}. Without it, no step of the job reaches the server.")
    return {
        "without a health check, the first connection is refused": early == "refused",
        "with one, the steps begin when the server is ready": late == "connected",
    }


def first_connection(*, waits: bool) -> str:
    """Start a server that listens a moment later, and connect to it. `waits`: until a check of its health succeeds."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    address = server.getsockname()
    may_listen = threading.Event()
    thread = threading.Thread(target=listen_later, args=(server, may_listen))
    thread.start()
    try:
        if waits:
            may_listen.set()
            while not is_healthy(address):
                time.sleep(0.01)
        return "connected" if is_healthy(address) else "refused"
    finally:
        may_listen.set()
        thread.join()
        server.close()


def listen_later(server: socket.socket, may_listen: threading.Event) -> None:
    """Do what PostgreSQL does in its first seconds: prepare, and only then accept connections."""
    may_listen.wait()
    server.listen()


def is_healthy(address: tuple[str, int]) -> bool:
    """The command of the health check: does the server accept a connection?"""
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(address):
        return True
    return False


# ----------------------------------------------------------------------------------------------------- values, secrets


def values() -> Claims:
    """YAML: values that are not what they seem"""
    lines = ["python-version: 3.10", 'python-version: "3.10"', "branches: main", "branches: [main]", "on: push"]
    rows = [(line, repr(yaml.safe_load(line))) for line in lines]
    print_table(("written", "YAML 1.1, as PyYAML reads it"), rows)
    print("GitHub reads YAML 1.2, where `on` is a text. The other values are the same there.")
    number, text, _, _, on = map(yaml.safe_load, lines)
    return {
        "3.10 without quotes is the number 3.1": number == {"python-version": 3.1},
        "with quotes it is a text": text == {"python-version": "3.10"},
        "a program that reads YAML 1.1 takes `on` for true": on == {True: "push"},
    }


def secret_for(event: Event, stored: str) -> str:
    """What `${{ secrets.NAME }}` becomes. A pull request from a fork gets none: it may change the code."""
    return "" if event.from_fork else stored


def masked(line: str, secret: str) -> str:
    """A line of the log as GitHub shows it."""
    return line.replace(secret, "***") if secret else line


def secrets() -> Claims:
    """Secrets: what a job gets, and what the log shows"""
    stored = "https://host.example/deploy/k3y"
    encoded = base64.b64encode(stored.encode()).decode()
    lines = {event: masked(f'POST "{secret_for(event, stored)}"', stored) for event in (MAIN, PULL_REQUEST, FORK)}
    print_table(("event", "the log shows"), [(event.title, line) for event, line in lines.items()])
    print(f"The log of `echo $HOOK | base64`: {masked(encoded, stored)}")
    return {
        "the log shows *** in place of a secret": lines[MAIN] == 'POST "***"',
        "a pull request from a fork gets an empty text": lines[FORK] == 'POST ""',
        "a secret in another form is not masked": masked(encoded, stored) == encoded,
    }


# -------------------------------------------------------------------------------------------------------- the chapters

CHAPTERS = (
    triggers,
    push_to_main,
    pull_request,
    red_tests,
    conditions,
    without_needs,
    shells,
    service_containers,
    values,
    secrets,
)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a frame, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def simulate() -> int:
    """Run every chapter and print which of its claims hold. Return 1 if one does not."""
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


def main(arguments: Sequence[str]) -> int:
    """Print the workflow, or simulate it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    if list(arguments) == ["--simulate"]:
        return simulate()
    if arguments:
        print("usage: 07_github_actions_explained.py [--simulate]", file=sys.stderr)
        return 2
    print(WORKFLOW, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
