"""A small system call filter: what an HTTP application never needs and what has broken out of sandboxes is refused.

It is written as a program of the kernel's classic packet filter, by hand: some hundred instructions need no library.
"""

import errno
import platform
import struct
from dataclasses import dataclass

LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in the kernel's struct seccomp_data
X32_CALLS = 0x40000000  # the second table of system calls that x86_64 kernels have
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; the others are not all held by a network namespace

DENIED = {
    "x86_64": {
        "ptrace": 101, "syslog": 103, "personality": 135, "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159,
        "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
        "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "clock_settime": 227, "kexec_load": 246, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "memfd_create": 319,
        "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89, "personality": 92,
        "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_settime": 112,
        "syslog": 116, "ptrace": 117, "reboot": 142, "sethostname": 161, "setdomainname": 162, "settimeofday": 170,
        "adjtimex": 171, "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
        "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
        "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    },
}  # fmt: skip
DENIED_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
    "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
CLONE3 = 435


@dataclass(frozen=True)
class Machine:
    """What differs between processors. `code` is the kernel's AUDIT_ARCH."""

    code: int
    clone: int
    socket: int


MACHINES = {"x86_64": Machine(0xC000003E, clone=56, socket=41), "aarch64": Machine(0xC00000B7, clone=220, socket=198)}


def program(machine: str = platform.machine()) -> bytes | None:
    """The filter for this kind of processor, as struct sock_filter[]; None where its numbers are not known."""
    known = MACHINES.get(machine)
    if known is None:
        return None
    denied = sorted({**DENIED[machine], **DENIED_EVERYWHERE}.values())
    return b"".join(
        [
            _instruction(LOAD, ARCHITECTURE),
            _instruction(JUMP_IF_EQUAL, known.code, if_true=1),
            _instruction(RETURN, KILL),
            _instruction(LOAD, NUMBER),
            *_answer_if(JUMP_IF_AT_LEAST, X32_CALLS, ERROR | errno.ENOSYS),
            # Its flags stand in memory, where a filter cannot look. Without it the C library takes clone.
            *_answer_if(JUMP_IF_EQUAL, CLONE3, ERROR | errno.ENOSYS),
            *(part for number in denied for part in _answer_if(JUMP_IF_EQUAL, number, ERROR | errno.EPERM)),
            _instruction(JUMP_IF_EQUAL, known.clone, if_false=4),
            _instruction(LOAD, FIRST_ARGUMENT),
            *_answer_if(JUMP_IF_ANY_BIT, NEW_NAMESPACES, ERROR | errno.EPERM),
            _instruction(RETURN, ALLOW),
            _instruction(JUMP_IF_EQUAL, known.socket, if_false=len(FAMILIES) * 2 + 2),
            _instruction(LOAD, FIRST_ARGUMENT),
            *(part for family in FAMILIES for part in _answer_if(JUMP_IF_EQUAL, family, ALLOW)),
            _instruction(RETURN, ERROR | errno.EAFNOSUPPORT),
            _instruction(RETURN, ALLOW),
        ]
    )


def _answer_if(comparison: int, value: int, answer: int) -> tuple[bytes, bytes]:
    return _instruction(comparison, value, if_false=1), _instruction(RETURN, answer)


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    """`if_true` and `if_false`: how many instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
