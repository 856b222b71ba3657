"""Reads a submission out of a folder, a zip file or a tar file."""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from courseware.base.tree import is_generated
from courseware.course import Step
from courseware.course.model import PYTEST_SETTINGS
from courseware.course.stages import is_asked_for, is_handed_in
from courseware.judging.intake.collecting import MIB, Collector, IntakeLimits, IntakeRefused, Submission, shown

ENCRYPTED = 0x1
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
GZIP = b"\x1f\x8b"
TAR_OVERHEAD = 4096  # bytes beside its content that a file may take in a tar file
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError, ValueError,
    NotImplementedError,
)  # fmt: skip


def read_submission(path: Path, *, limits: IntakeLimits | None = None, keep: Collection[str] = ()) -> Submission:
    """The project in a folder or archive that somebody else made.

    Settings such as conftest.py, environments, caches and databases are left out, unless `keep` holds their names.
    Raises IntakeRefused for whatever is larger than the limits, is no ordinary file, or has a name that is not plain.
    """
    collector = Collector(limits or IntakeLimits(), keep)
    try:
        if path.is_dir():
            _read_folder(path, collector)
        else:
            _read_archive(path, collector)
    except DAMAGE:
        raise IntakeRefused(f"{path} is no whole zip, tar or tar.gz file.") from None
    except FileNotFoundError:
        raise IntakeRefused(f"{path} is not there.") from None
    except OSError as error:
        raise IntakeRefused(f"{path} cannot be read: {error.strerror or error}.") from None
    return collector.submission()


def read_project(path: Path, step: Step) -> Submission:
    """Return the project in a folder or an archive, as it is handed in for `step`. Raises UsageError.

    The lesson's files are left out without mention, and so is what running the project leaves behind. `dropped` names
    the other files that were left out, such as a conftest.py where the step does not ask for it.
    """
    submission = read_submission(path, keep=PYTEST_SETTINGS if step.lesson.hands_in else ())
    project = {path: content for path, content in submission.tree.items() if is_handed_in(path)}
    tree = {path: content for path, content in project.items() if is_asked_for(path, step)}
    dropped = [path for path in submission.dropped if is_handed_in(path) and not is_generated(Path(path).name)]
    return replace(submission, tree=tree, dropped=tuple(sorted({*dropped, *project} - tree.keys())))


def _read_folder(root: Path, collector: Collector) -> None:
    """Goes through a folder by descriptors, so that nothing can be exchanged for a link on the way."""
    folders = [PurePosixPath()]
    while folders:
        place = folders.pop()
        with _opened(root, place) as folder:
            for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a descriptor, not a path
                path = str(place / name)
                if not collector.wants(path):
                    continue
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    folders.append(place / name)
                elif stat.S_ISREG(found.st_mode):
                    collector.check_size(path, found.st_size)
                    collector.add(path, _read_file(name, folder, collector.limits.file))
                else:
                    raise _not_a_file(path)


@contextmanager
def _opened(root: Path, place: PurePosixPath) -> Iterator[int]:
    """A descriptor of the folder at `place` below `root`, reached without following a link."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in place.parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _read_file(name: str, folder: int, maximum: int) -> bytes:
    """The file's content, at most a byte more than `maximum`. A pipe put in its place does not block."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(maximum + 1)


def _read_archive(path: Path, collector: Collector) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise IntakeRefused(f"{path} is neither a folder nor an archive.")
    if path.stat().st_size > collector.limits.archive:
        raise IntakeRefused(f"{path} is larger than {collector.limits.archive // MIB} MiB.")
    if zipfile.is_zipfile(path):
        _read_zip(path, collector)
    else:
        _read_tar(path, collector)


def _read_zip(path: Path, collector: Collector) -> None:
    limits = collector.limits
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.orig_filename
            if not collector.wants(name) or name.endswith("/"):
                continue
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
                raise _not_a_file(name)
            if entry.flag_bits & ENCRYPTED or entry.compress_type not in COMPRESSIONS:
                raise IntakeRefused(f"{shown(name)} is encrypted or packed in an unusual way.")
            collector.check_size(name, entry.file_size)
            if entry.file_size > max(MIB, entry.compress_size * limits.ratio):
                raise IntakeRefused(f"{shown(name)} unpacks to more than {limits.ratio} times its size.")
            with archive.open(entry) as file:
                collector.add(name, file.read(limits.file + 1))


def _read_tar(path: Path, collector: Collector) -> None:
    limits = collector.limits
    with ExitStack() as stack:
        packed = stack.enter_context(path.open("rb"))
        is_gzip = packed.peek(len(GZIP)).startswith(GZIP)
        file = stack.enter_context(gzip.GzipFile(fileobj=packed)) if is_gzip else packed
        bounded = BoundedReader(file, limits.total + limits.files * TAR_OVERHEAD)
        # As a stream: it never seeks, so that every byte is counted.
        archive = stack.enter_context(tarfile.open(fileobj=bounded, mode="r|"))
        for member in archive:
            if not collector.wants(member.name) or member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise _not_a_file(member.name)
            collector.check_size(member.name, member.size)
            content = archive.extractfile(member)
            assert content is not None
            collector.add(member.name, content.read())


class BoundedReader(io.RawIOBase):
    """A file that gives out so many bytes and no more, whatever it unpacks to."""

    def __init__(self, file: io.BufferedIOBase, maximum: int) -> None:
        self._file = file
        self._left = maximum

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(content)
        if self._left < 0:
            raise IntakeRefused("It is far larger than it says.")
        return content


def _not_a_file(path: str) -> IntakeRefused:
    return IntakeRefused(f"{shown(path)} is a link or something else that is no file; hand in the file itself.")
