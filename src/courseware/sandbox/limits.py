"""How much of the machine a submission's application may use."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    """Limits of one running application. Sizes are in bytes.

    Args:
        memory: of all its processes together; kept only where a control group can be made.
        processes: processes and threads together; not kept by the plain kind, where the limit would count all that
            this user runs.
        address_space: of each process. Every thread reserves 64 MiB of it: less than 2 GiB is too little for the 40
            threads in which synchronous endpoints run.
        cpu_seconds: processor time of each process.
        file_size: of each file written.
        open_files: descriptors of each process.
        disk: of everything written in its own folder, and as much again in /tmp; not kept by the plain kind. What the
            kernel keeps of a file, even an empty one, counts as memory.
        shared_memory: of /dev/shm; not kept by the plain kind.
        log: an application that prints more than this is killed.
        log_kept: how much of the end of what it printed is kept.
    """

    memory: int = 512 * MIB
    processes: int = 64
    address_space: int = 2048 * MIB
    cpu_seconds: int = 120
    file_size: int = 16 * MIB
    open_files: int = 256
    disk: int = 32 * MIB
    shared_memory: int = 8 * MIB
    log: int = 8 * MIB
    log_kept: int = 64 * KIB
