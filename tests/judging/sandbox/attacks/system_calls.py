import ctypes
import errno
import os
import platform
import resource

from served import outcome, served

LIBRARY = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
PTRACE, CLONE, CLONE3, BPF, KEYCTL = (101, 56, 435, 321, 250) if X86 else (117, 220, 435, 280, 219)
IO_URING_SETUP, OPEN_TREE, PROCESS_VM_READV = 425, 428, 310 if X86 else 270
NEW_USER = 0x10000000


def call(function, *arguments):
    """The result of a C function, or the name of its error."""
    ctypes.set_errno(0)
    result = function(*arguments)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


def system_call(number, *arguments):
    return call(LIBRARY.syscall, ctypes.c_long(number), *map(ctypes.c_long, arguments))


def raise_limit():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def attempts(path):
    return {
        "unshare user": call(LIBRARY.unshare, NEW_USER),
        "unshare net": call(LIBRARY.unshare, 0x40000000),
        "clone user": system_call(CLONE, NEW_USER | 17, 0, 0, 0, 0),
        "clone3": system_call(CLONE3, 0, 0),
        "ptrace": system_call(PTRACE, 16, 1, 0, 0),
        "read memory": system_call(PROCESS_VM_READV, 1, 0, 0, 0, 0, 0),
        "mount": call(LIBRARY.mount, b"none", b"/tmp", b"tmpfs", 0, None),
        "umount": call(LIBRARY.umount2, b"/usr", 2),
        "open_tree": system_call(OPEN_TREE, -100, 0, 1),
        "pivot_root": call(LIBRARY.chroot, b"/scratch"),
        "bpf": system_call(BPF, 0, 0, 0),
        "keyctl": system_call(KEYCTL, 0, 0, 0, 0, 0),
        "io_uring": system_call(IO_URING_SETUP, 1, 0),
        "setuid": outcome(os.setuid, 0),
        "setgid": outcome(os.setgid, 0),
        "raise limit": outcome(raise_limit),
        "device": outcome(os.mknod, "/tmp/disk", 0o60666, os.makedev(8, 0)),
        "hostname": call(LIBRARY.sethostname, b"owned", 5),
    }


create_app = served(attempts)
