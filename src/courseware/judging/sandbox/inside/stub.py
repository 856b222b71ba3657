"""Stands for programs that a job of a workflow calls, under their names: records each call, and does what is needed.

Nothing is installed, built or fetched: the libraries are there already, and there is no network. A file `stubs.json`
beside the program says which ones fail, and where calls are recorded. `curl` really sends its request to this machine.
"""

import http.client
import json
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(sys.argv[0]).parent
SETUP = json.loads((HERE / "stubs.json").read_text())
WITH_VALUE = {"--group", "--only-group", "--with", "--with-requirements", "--python", "-p", "--extra", "--package",
              "--env-file", "--directory", "--project", "--from", "--index"}  # fmt: skip
CURL_VALUES = {"-X": "request", "-d": "data", "-o": "output", "-w": "write-out", "-H": "header", "-m": "max-time"}
CURL_WITH_VALUE = {"request", "data", "data-raw", "output", "write-out", "header", "max-time", "json", "retry",
                   "retry-delay", "retry-max-time", "connect-timeout", "url"}  # fmt: skip
TRANSIENT = (408, 429, 500, 502, 503, 504)
LONGEST_BODY = 64 * 1024


def main(name: str, arguments: list[str]) -> int:
    """The exit code. A program that is really run takes the place of this one."""
    with open(SETUP["calls"], "a") as calls:  # noqa: PTH123
        calls.write(json.dumps([name, arguments[:50]]) + "\n")
    if name in SETUP["failing"]:
        return complain(f"{name}: failed")
    match name:
        case "python" | "python3":
            return python(arguments)
        case "pip" | "pip3":
            return pip(arguments)
        case "uv":
            return uv(arguments)
        case "uvx":
            return run([each for each in arguments if not each.startswith("-")][:1])
        case "sudo":
            return run(without_options(arguments))
        case "curl":
            return curl(arguments)
        case "pg_isready":
            return is_open(arguments, 5432)
        case "redis-cli":
            return is_open(arguments, 6379)
    return 0


def complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def run(words: list[str]) -> int:
    """Run another program in place of this one."""
    if not words:
        return 0
    try:
        os.execvp(words[0], words)  # noqa: S606 - the words of a script, which could run them itself
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr)
        return 127


def without_options(arguments: list[str]) -> list[str]:
    """The arguments from the first one on that is no option."""
    left = list(arguments)
    while left and left[0].startswith("-"):
        option = left.pop(0)
        if option in WITH_VALUE and left:
            left.pop(0)
    return left


def python(arguments: list[str]) -> int:
    match arguments:
        case ["-m", module, *rest] if (HERE / module).exists() and module != "pytest":
            return run([str(HERE / module), *rest])
        case ["-m", "venv", *rest]:
            folder = Path(rest[-1], "bin") if rest else Path("venv/bin")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "activate").touch()
            for name in ("python", "pip", "pytest"):
                target = HERE / name if (HERE / name).exists() else Path(SETUP["python"]).parent / name
                if not (folder / name).exists():
                    (folder / name).symlink_to(target)
            return 0
    return run([SETUP["python"], *arguments])


def pip(arguments: list[str]) -> int:
    """Fails where a file that it is to read is missing."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        key, sign, joined = option.partition("=")
        path = joined if sign else value
        if key in ("-r", "--requirement", "-c", "--constraint") and not Path(path).is_file():
            return complain(f"ERROR: Could not open requirements file: {path!r}")
        if key in ("--group", "-e", "--editable") and not Path("pyproject.toml").is_file():
            return complain("ERROR: there is no pyproject.toml")
    return 0


def uv(arguments: list[str]) -> int:
    match without_options(arguments):
        case ["run", *rest]:
            return run(without_options(rest))
        case ["pip", *rest]:
            return pip(rest)
        case ["sync" | "lock", *_] if not Path("pyproject.toml").is_file():
            return complain("error: No `pyproject.toml` found")
    return 0


def is_open(arguments: list[str], port: int) -> int:
    """Whether something listens at the port that the arguments name."""
    host = "127.0.0.1"
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option == "-p" and value.isdecimal():
            port = int(value)
        elif option == "-h":
            host = value
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return complain(str(error))
    return 0


def curl(arguments: list[str]) -> int:
    options, addresses = curl_options(arguments)
    if not addresses:
        return complain("curl: no URL specified") + 1
    body = options.get("json") or options.get("data") or options.get("data-raw")
    method = options.get("request") or ("GET" if body is None else "POST")
    attempts = 1 + (int(options["retry"]) if options.get("retry", "").isdecimal() else 0)
    for address in addresses:
        status, answer = 0, b""
        for _ in range(min(attempts, 10)):
            try:
                status, answer = send(address, method, body)
            except (OSError, ValueError, http.client.HTTPException) as error:
                print(f"curl: (7) {error}", file=sys.stderr)
                return 7
            if status not in TRANSIENT:
                break
        if status >= 400 and ("fail" in options or "fail-with-body" in options):
            print(f"curl: (22) The requested URL returned error: {status}", file=sys.stderr)
            return 22
        if "output" in options:
            Path(options["output"]).write_bytes(answer)
        else:
            sys.stdout.write(answer.decode(errors="replace"))
        sys.stdout.write(options.get("write-out", "").replace("%{http_code}", str(status)).replace("\\n", "\n"))
    return 0


def curl_options(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options by their long names, and the addresses."""
    short = {**CURL_VALUES, "-f": "fail", "-s": "silent", "-S": "show-error", "-L": "location"}
    options: dict[str, str] = {}
    addresses: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word.startswith("--"):
            names = [word[2:]]
        elif word.startswith("-") and len(word) > 1:
            names = []
            for place, letter in enumerate(word[1:], start=1):
                name = short.get(f"-{letter}", letter)
                names.append(name)
                if name in CURL_WITH_VALUE and word[place + 1 :]:
                    left.insert(0, word[place + 1 :])
                    break
        else:
            addresses.append(word)
            continue
        for name in names:
            value = left.pop(0) if name in CURL_WITH_VALUE and left else ""
            if name == "url":
                addresses.append(value)
            else:
                options[name] = value
    return options, addresses


def send(address: str, method: str, body: str | None) -> tuple[int, bytes]:
    """Status and body of the answer."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if not parts.hostname:
        raise ValueError(f"no host in {address!r}")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=10)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.request(method, target, body=None if body is None else body.encode())
    answer = connection.getresponse()
    return answer.status, answer.read(LONGEST_BODY)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
