"""Reads a Dockerfile: its stages and their instructions. Nothing of it is carried out here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_BYTES = 64 * 1024
MOST_INSTRUCTIONS = 200
KNOWN = frozenset(
    ("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
)  # fmt: skip
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w{1,100})\1")
_VARIABLE = re.compile(r"\\\$|\$(?:(\w{1,100})|\{(\w{1,100})(?::([-+])([^{}]{0,500}))?\})")


class DockerfileFault(Exception):
    """Docker would refuse the file. `key` names the kind; the message says what is wrong and where."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Instruction:
    """An instruction. `value` is what follows its name, without options such as `--from`, which are in `options`.

    `words` are those of the form with brackets, None for any other. `line` is its first line.
    """

    name: str
    value: str
    options: Mapping[str, str]
    words: tuple[str, ...] | None
    line: int


@dataclass(frozen=True)
class Stage:
    """A stage: `base` is the image or the stage that it begins with, `name` what follows AS."""

    base: str
    name: str | None
    instructions: tuple[Instruction, ...]


@dataclass
class _Parsing:
    arguments: dict[str, str] = field(default_factory=dict)
    stages: list[tuple[str, str | None, list[Instruction]]] = field(default_factory=list)


def read_dockerfile(content: bytes) -> tuple[Stage, ...]:
    """The stages of a Dockerfile. Raises DockerfileFault, `not_a_dockerfile`."""
    if len(content) > MOST_BYTES:
        raise DockerfileFault("not_a_dockerfile", f"it has more than {MOST_BYTES // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DockerfileFault("not_a_dockerfile", "it is no text in UTF-8") from None
    parsing = _Parsing()
    for instruction in _instructions(text):
        _take(instruction, parsing)
    if not parsing.stages:
        raise DockerfileFault("not_a_dockerfile", "it has no FROM")
    return tuple(Stage(base, name, tuple(instructions)) for base, name, instructions in parsing.stages)


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with the variables of ARG and ENV filled in."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is None:
            return "$"
        known = variables.get(name, "")
        if match[3] == "-":
            return known or match[4]
        if match[3] == "+":
            return match[4] if known else ""
        return known

    return _VARIABLE.sub(value, text)


def _take(instruction: Instruction, parsing: _Parsing) -> None:
    if instruction.name == "FROM":
        words = filled(instruction.value, parsing.arguments).split()
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
            raise _fault(instruction.line, "FROM takes an image, and a name after AS")
        parsing.stages.append((words[0], words[2].lower() if len(words) == 3 else None, []))
    elif parsing.stages:
        parsing.stages[-1][2].append(instruction)
    elif instruction.name == "ARG":
        name, _, default = instruction.value.partition("=")
        parsing.arguments[name.strip()] = default.strip().strip("\"'")
    else:
        raise _fault(instruction.line, f"{instruction.name} stands before the first FROM")


def _instructions(text: str) -> list[Instruction]:
    found: list[Instruction] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        first, whole = number, lines[number].strip()
        number += 1
        if not whole or whole.startswith("#"):
            continue
        while whole.endswith("\\") and number < len(lines):
            following = lines[number].strip()
            number += 1
            if following and not following.startswith("#"):
                whole = f"{whole[:-1].rstrip()} {following}"
        name, _, value = whole.partition(" ")
        if name.upper() in ("RUN", "COPY", "ADD"):
            for match in _HEREDOC.finditer(value):
                begin = number
                while number < len(lines) and lines[number].strip() != match[2]:
                    number += 1
                value += "\n" + "\n".join(lines[begin:number])
                number += 1
        found.append(_instruction(name.upper(), value.strip(), first + 1))
        if len(found) > MOST_INSTRUCTIONS:
            raise DockerfileFault("not_a_dockerfile", f"it has more than {MOST_INSTRUCTIONS} instructions")
    return found


def _instruction(name: str, value: str, line: int) -> Instruction:
    if name not in KNOWN:
        raise _fault(line, f"there is no instruction {name[:40]!r}")
    if not value:
        raise _fault(line, f"{name} says nothing")
    options = {}
    while name in ("ADD", "COPY", "FROM", "HEALTHCHECK", "RUN") and value.startswith("--"):
        option, _, value = value.partition(" ")
        key, _, text = option[2:].partition("=")
        options[key] = text
        value = value.strip()
    return Instruction(name, value, options, exec_form(value), line)


def exec_form(value: str) -> tuple[str, ...] | None:
    """The words of a JSON array of texts. None for anything else, which Docker takes for a shell's command line."""
    if not value.startswith("["):
        return None
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(words)


def _fault(line: int, message: str) -> DockerfileFault:
    return DockerfileFault("not_a_dockerfile", f"line {line}: {message}")
