"""The system call filter: run step by step by a small model of the kernel's filter machine, for both processors."""

import errno
import re
import struct
from pathlib import Path

import pytest

from courseware.judging.sandbox import seccomp
from courseware.judging.sandbox.seccomp import ALLOW, ERROR, KILL, MACHINES, program

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
machines = pytest.mark.parametrize("machine", list(MACHINES))


def answer(machine: str, number: int, argument: int = 0, code: int | None = None) -> int:
    """What the kernel would do with this system call."""
    filter_program = program(machine)
    assert filter_program is not None
    data = {
        seccomp.NUMBER: number,
        seccomp.ARCHITECTURE: code or MACHINES[machine].code,
        seccomp.FIRST_ARGUMENT: argument,
    }
    instructions = list(struct.iter_unpack("=HBBI", filter_program))
    accumulator, position = 0, 0
    while True:
        operation, if_true, if_false, value = instructions[position]
        position += 1
        if operation == seccomp.RETURN:
            return int(value)
        if operation == seccomp.LOAD:
            accumulator = data[value]
            continue
        holds = {
            seccomp.JUMP_IF_EQUAL: accumulator == value,
            seccomp.JUMP_IF_AT_LEAST: accumulator >= value,
            seccomp.JUMP_IF_ANY_BIT: bool(accumulator & value),
        }[operation]
        position += if_true if holds else if_false


@machines
def test_what_is_denied_is_denied(machine: str) -> None:
    for number in {**seccomp.DENIED[machine], **seccomp.DENIED_EVERYWHERE}.values():
        assert answer(machine, number) == ERROR | errno.EPERM
    assert answer(machine, seccomp.CLONE3) == ERROR | errno.ENOSYS


@machines
def test_ordinary_calls_are_allowed(machine: str) -> None:
    special = {**seccomp.DENIED[machine], **seccomp.DENIED_EVERYWHERE}.values()
    for number in set(range(470)) - {*special, seccomp.CLONE3, MACHINES[machine].socket}:
        assert answer(machine, number) == ALLOW


@machines
def test_threads_may_be_made_but_no_namespaces(machine: str) -> None:
    clone = MACHINES[machine].clone
    assert answer(machine, clone, 0x003D0F00) == ALLOW, "what the C library passes for a thread"
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(machine, clone, flag | 17) == ERROR | errno.EPERM


@machines
def test_only_three_families_of_sockets(machine: str) -> None:
    families = {family for family in range(64) if answer(machine, MACHINES[machine].socket, family) == ALLOW}
    assert families == set(seccomp.FAMILIES)


@machines
def test_another_processor_is_killed(machine: str) -> None:
    assert answer(machine, 0, code=0x40000003) == KILL


def test_the_second_table_of_calls_is_shut() -> None:
    assert answer("x86_64", seccomp.X32_CALLS + 1) == ERROR | errno.ENOSYS


def test_an_unknown_processor_has_no_filter() -> None:
    assert program("riscv64") is None


@machines
def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("no kernel headers here")
    text = HEADERS[machine].read_text()
    numbers = {name: int(number) for name, number in re.findall(r"#define __NR3?_?(?:3264_)?(\w+)\s+(\d+)", text)}
    known = {**seccomp.DENIED[machine], **seccomp.DENIED_EVERYWHERE, "clone3": seccomp.CLONE3}
    known |= {"clone": MACHINES[machine].clone, "socket": MACHINES[machine].socket}
    assert {name: numbers[name] for name in known if name in numbers} == {
        name: number for name, number in known.items() if name in numbers
    }
    assert len([name for name in known if name in numbers]) > 30
