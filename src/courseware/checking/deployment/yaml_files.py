"""Reads YAML that a student wrote as plain data, by the rules of YAML 1.2, under limits.

The data is built from the events of the parser without recursion. An alias refers to the value of its anchor. The
limits count an alias as if its value stood there, so that no later walk through the data explodes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 64 * 1024
MOST_NODES = 20_000
MOST_LEVELS = 40
MERGE = "<<"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,100}|[0-9]{1,100}(\.[0-9]{0,100})?)([eE][-+]?[0-9]{1,3})?")


class YamlFault(Exception):
    """The text is no YAML, or more than is read. `key` names the kind; the message says what is wrong and where."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass
class _Value:
    """A value with the number of nodes in it, and how many levels it has."""

    data: Any
    nodes: int = 1
    levels: int = 1


@dataclass
class _Collection:
    """A list or mapping that is being read. `name` is the key whose value comes next."""

    value: _Value
    anchor: str | None
    name: str | None = None
    merged: dict[str, Any] = field(default_factory=dict)


class _Builder:
    """Puts the data together, event by event."""

    def __init__(self, *, merges: bool) -> None:
        self._merges = merges
        self._open: list[_Collection] = []
        self._anchors: dict[str, _Value] = {}
        self._nodes = 0
        self.document: Any = None
        self.documents = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise _fault(event, "a second document begins here; the file may have one")
            case yaml.ScalarEvent():
                self._take_scalar(event)
            case yaml.AliasEvent():
                if event.anchor not in self._anchors:
                    raise _fault(event, f"the alias *{event.anchor} has no anchor before it")
                self._add(self._anchors[event.anchor], event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if event.tag is not None and event.tag not in (f"{_STANDARD_TAG}seq", f"{_STANDARD_TAG}map"):
                    raise _fault(event, f"the tag {event.tag} is not known")
                if self._needs_name:
                    raise _fault(event, "a key must be a text")
                if len(self._open) >= MOST_LEVELS:
                    raise _too_large(event)
                data: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                self._open.append(_Collection(_Value(data), event.anchor))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = self._open.pop()
                for name, value in done.merged.items():
                    done.value.data.setdefault(name, value)
                self._finish(done.value, done.anchor, event)

    @property
    def _needs_name(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value.data, dict) and self._open[-1].name is None

    def _take_scalar(self, event: Any) -> None:
        if self._needs_name:
            self._open[-1].name = event.value
            self._anchor(_Value(event.value), event.anchor)
            return
        if event.implicit[0] or (event.tag or "").removeprefix(_STANDARD_TAG) in ("bool", "int", "float", "null"):
            data = scalar(event.value)
        elif event.implicit[1] or event.tag in ("!", f"{_STANDARD_TAG}str"):
            data = event.value
        else:
            raise _fault(event, f"the tag {event.tag} is not known")
        self._finish(_Value(data), event.anchor, event)

    def _finish(self, value: _Value, anchor: str | None, event: Any) -> None:
        self._anchor(value, anchor)
        self._add(value, event)

    def _anchor(self, value: _Value, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = value

    def _add(self, value: _Value, event: Any) -> None:
        if not self._open:
            self.document = value.data
            return
        parent = self._open[-1]
        parent.value.nodes += value.nodes
        parent.value.levels = max(parent.value.levels, value.levels + 1)
        self._nodes += value.nodes if isinstance(event, yaml.AliasEvent) else 1
        if self._nodes > MOST_NODES or parent.value.nodes > MOST_NODES:
            raise _too_large(event)
        if len(self._open) + value.levels > MOST_LEVELS:
            raise _too_large(event)
        if isinstance(parent.value.data, list):
            parent.value.data.append(value.data)
            return
        name, parent.name = parent.name, None
        if name is None:
            raise _fault(event, "a key must be a text")
        if name == MERGE and self._merges:
            self._merge(parent, value.data, event)
        elif name in parent.value.data:
            raise _fault(event, f"the key {name[:100]!r} stands there twice")
        else:
            parent.value.data[name] = value.data

    @staticmethod
    def _merge(parent: _Collection, data: Any, event: Any) -> None:
        for mapping in data if isinstance(data, list) else [data]:
            if not isinstance(mapping, dict):
                raise _fault(event, "<< can take in mappings only")
            parent.merged = {**mapping, **parent.merged}


def read_yaml(content: bytes, *, merges: bool = False) -> Any:
    """The data in a YAML file of one document: dicts with texts as keys, lists, texts, numbers, booleans and None.

    With `merges` the key `<<` takes in the mappings of its value, as YAML 1.1 has it.

    Raises YamlFault, with the key `not_yaml` or `yaml_too_large`.
    """
    if len(content) > MOST_BYTES:
        raise YamlFault("yaml_too_large", f"it has more than {MOST_BYTES // 1024} KiB")
    builder = _Builder(merges=merges)
    try:
        for event in _events(content):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise YamlFault("not_yaml", f"{place}{error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlFault("not_yaml", str(error)[:300]) from None
    return builder.document


def _events(content: bytes) -> Iterator[Any]:
    yield from yaml.parse(content.decode("utf-8-sig"), Loader=_LOADER)


def scalar(text: str) -> object:
    """The value of a plain scalar by the core schema of YAML 1.2, in which `on` and `yes` are texts."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _fault(event: Any, message: str) -> YamlFault:
    return YamlFault("not_yaml", f"line {event.start_mark.line + 1}: {message}")


def _too_large(event: Any) -> YamlFault:
    return YamlFault(
        "yaml_too_large",
        f"line {event.start_mark.line + 1}: it has more than {MOST_NODES} values or more than {MOST_LEVELS} levels",
    )
