"""YAML of a student is read as YAML 1.2 and under limits."""

import pytest

from courseware.checking.deployment.yaml_files import MOST_BYTES, YamlFault, read_yaml


def test_words_and_numbers_are_those_of_yaml_1_2() -> None:
    text = (
        b"on: yes\nyes: off\nversion: 3.10\nquoted: '3.10'\ntime: 12:30\nport: 0o17\nnothing: ~\nhex: 0x1F\nbig: 1e3\n"
    )
    assert read_yaml(text) == {
        "on": "yes", "yes": "off", "version": 3.1, "quoted": "3.10", "time": "12:30", "port": 15, "nothing": None,
        "hex": 31, "big": 1000.0,
    }  # fmt: skip


def test_aliases_and_merges() -> None:
    text = b"base: &b {a: 1, b: 2}\nother:\n  <<: *b\n  b: 3\nlist: [*b]\n"
    assert read_yaml(text, merges=True)["other"] == {"a": 1, "b": 3}
    assert read_yaml(text)["other"]["<<"] == {"a": 1, "b": 2}
    assert read_yaml(text)["list"] == [{"a": 1, "b": 2}]


def bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (bomb(), "yaml_too_large"),
        (b"[" * 60 + b"]" * 60, "yaml_too_large"),
        (b"a: " + b"x" * MOST_BYTES, "yaml_too_large"),
        (b"\n".join(b"a%d: &a%d [*a%d]" % (n, n, n - 1) for n in range(1, 60)).replace(b"*a0", b"x"), "yaml_too_large"),
        (b"[" * 30000, "yaml_too_large"),
        (b"a: &a [*a]", "not_yaml"),
        (b"a: 1\na: 2\n", "not_yaml"),
        (b"a: *b", "not_yaml"),
        (b"a: !!python/object/apply:os.system [id]", "not_yaml"),
        (b"a: !secret x", "not_yaml"),
        (b"? [a]\n: b", "not_yaml"),
        (b"a: 1\n---\nb: 2\n", "not_yaml"),
        (b"a: b: c", "not_yaml"),
        (b"\ta: 1", "not_yaml"),
        (b"\xff\xfe\x00", "not_yaml"),
        (b"a: \x00", "not_yaml"),
    ],
)
def test_everything_else_is_refused(text: bytes, key: str) -> None:
    with pytest.raises(YamlFault) as caught:
        read_yaml(text)
    assert caught.value.key == key


def test_a_fault_names_the_line() -> None:
    with pytest.raises(YamlFault, match="line 3"):
        read_yaml(b"a: 1\nb: 2\na: 3\n")
