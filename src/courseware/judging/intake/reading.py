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
from courseware.judging.intake.collecting import MIB, Collector, IntakeLimits, IntakeRefused, Submission, quoted
from courseware.judging.intake.placing import moved_to_root, only_archive, places_of_projects, project_place

Archive = io.BufferedReader | io.BytesIO
ENCRYPTED = 0x1
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
GZIP = b"\x1f\x8b"
TAR_OVERHEAD = 4096  # bytes beside its content that a file may take in a tar file
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError, ValueError,
    NotImplementedError,
)  # fmt: skip


def read_submission(path: Path, *, limits: IntakeLimits | None = None, keep: Collection[str] = ()) -> Submission:
    """All files of an untrusted folder or archive.

    Settings such as conftest.py, environments, caches and databases are left out, unless `keep` holds their names.
    Raises IntakeRefused for whatever is larger than the limits, is no ordinary file, or has a name that is not plain.
    """
    collector = Collector(limits or IntakeLimits(), keep)
    collect(path, collector)
    submission = collector.submission()
    if not submission.tree:
        raise IntakeRefused("There are no files in it.")
    return submission


def read_project(path: Path, step: Step, *, at_root: bool = False, beside: Collection[str] = ()) -> Submission:
    """Return the project in a folder or an archive, as it is handed in for `step`. Raises UsageError.

    The lesson's files are left out without mention, and so is what running the project leaves behind. `dropped` names
    the other files that were left out, such as a conftest.py where the step does not ask for it.

    The project may lie in a folder of what was handed in, or in an archive that lies in it. Where no project can be
    recognised, NoProject is raised.

    Args:
        at_root: take the folder for the project, whatever is in it.
        beside: names of files at the root that are not the student's.
    """
    collector = Collector(IntakeLimits(), PYTEST_SETTINGS if step.lesson.hands_in else ())
    collect(path, collector)
    if not at_root and not places_of_projects(collector.paths, step.application):
        unpack_only_archive(collector)
    submission = collector.submission()
    tree = {path: content for path, content in submission.tree.items() if path not in beside}
    dropped = tuple(path for path in submission.dropped if path not in beside)
    submission = replace(submission, tree=tree, dropped=dropped)
    if not at_root:
        submission = moved_to_root(submission, project_place(submission, step))
    elif not tree:
        raise IntakeRefused("There are no files in it.")
    return _as_handed_in(submission, step)


def _as_handed_in(submission: Submission, step: Step) -> Submission:
    project = {path: content for path, content in submission.tree.items() if is_handed_in(path)}
    tree = {path: content for path, content in project.items() if is_asked_for(path, step)}
    dropped = [path for path in submission.dropped if is_handed_in(path) and not is_generated(Path(path).name)]
    return replace(submission, tree=tree, dropped=tuple(sorted({*dropped, *project} - tree.keys())))


def unpack_only_archive(collector: Collector) -> None:
    """Puts the files of the only archive in its place, in a folder of its name. They count for the same limits."""
    path = only_archive(collector.paths)
    if path is None:
        return
    with _refusing(quoted(path)):
        _read_archive(io.BytesIO(collector.take_out(path)), collector, f"{path}/")


def collect(path: Path, collector: Collector) -> None:
    """Puts the files of a folder or archive into the collector. Raises IntakeRefused."""
    with _refusing(str(path)):
        if path.is_dir():
            _read_folder(path, collector)
            return
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise IntakeRefused(f"{path} is neither a folder nor an archive.")
        if found.st_size > collector.limits.archive:
            raise IntakeRefused(f"{path} is larger than {collector.limits.archive // MIB} MiB.")
        with path.open("rb") as file:
            _read_archive(file, collector)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Raises IntakeRefused, with the name of what is read, for whatever is wrong with it."""
    try:
        yield
    except DAMAGE:
        raise IntakeRefused(f"{name} is no whole zip, tar or tar.gz file.") from None
    except FileNotFoundError:
        raise IntakeRefused(f"{name} is not there.") from None
    except OSError as error:
        raise IntakeRefused(f"{name} cannot be read: {error.strerror or error}.") from None


def _read_folder(root: Path, collector: Collector) -> None:
    """Goes through a folder by descriptors, so that nothing can be exchanged for a link on the way."""
    folders = [PurePosixPath()]
    while folders:
        place = folders.pop()
        with _opened(root, place) as folder:
            for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a descriptor, not a path
                path = str(place / name)
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                is_folder = stat.S_ISDIR(found.st_mode)
                if not (collector.wants_folder(path) if is_folder else collector.wants(path)):
                    continue
                if is_folder:
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


def _read_archive(file: Archive, collector: Collector, place: str = "") -> None:
    """Reads all files of an archive. `place` is put before their paths: the archive's own, where it lies in another."""
    if zipfile.is_zipfile(file):
        _read_zip(file, collector, place)
    else:
        file.seek(0)
        _read_tar(file, collector, place)


def _read_zip(file: Archive, collector: Collector, place: str) -> None:
    limits = collector.limits
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            name = place + collector.safe(entry.orig_filename)
            if not collector.wants(name) or name.endswith("/"):
                continue
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
                raise _not_a_file(name)
            if entry.flag_bits & ENCRYPTED or entry.compress_type not in COMPRESSIONS:
                raise IntakeRefused(f"{quoted(name)} is encrypted or packed in an unusual way.")
            collector.check_size(name, entry.file_size)
            if entry.file_size > max(MIB, entry.compress_size * limits.ratio):
                raise IntakeRefused(f"{quoted(name)} unpacks to more than {limits.ratio} times its size.")
            with archive.open(entry) as content:
                collector.add(name, content.read(limits.file + 1))


def _read_tar(packed: Archive, collector: Collector, place: str) -> None:
    limits = collector.limits
    with ExitStack() as stack:
        is_gzip = packed.read(len(GZIP)) == GZIP
        packed.seek(0)
        file = stack.enter_context(gzip.GzipFile(fileobj=packed)) if is_gzip else packed
        bounded = BoundedReader(file, limits.total + limits.files * TAR_OVERHEAD)
        # As a stream: it never seeks, so that every byte is counted.
        archive = stack.enter_context(tarfile.open(fileobj=bounded, mode="r|"))
        for member in archive:
            name = place + collector.safe(member.name)
            if not collector.wants(name) or member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise _not_a_file(name)
            collector.check_size(name, member.size)
            content = archive.extractfile(member)
            assert content is not None
            collector.add(name, content.read())


class BoundedReader(io.RawIOBase):
    """A file that returns at most a given number of bytes, whatever its unpacked size is."""

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
    return IntakeRefused(f"{quoted(path)} is a link or something else that is no file; hand in the file itself.")
