"""Submissions that are archives: the same files in each format, and what is refused."""

import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from courseware.judging.intake import IntakeLimits, IntakeRefused, read_submission
from courseware.judging.intake.collecting import MIB

FILES = {"app/main.py": b"create_app = None\n", "pyproject.toml": b"[project]\n"}
Writer = Callable[[Path, dict[str, bytes]], Path]


def write_zip(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "work.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(entry := zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            assert entry.orig_filename == name
    return path


def write_tar(folder: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    path = folder / "work.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_packed_tar(folder: Path, files: dict[str, bytes]) -> Path:
    return write_tar(folder, files, "w:gz")


writers = pytest.mark.parametrize("write", [write_zip, write_tar, write_packed_tar])


@writers
def test_files_are_taken(write: Writer, tmp_path: Path) -> None:
    files = {**FILES, "app/conftest.py": b"", ".venv/bin/python": b"", ".venv/bin/pip": b""}
    submission = read_submission(write(tmp_path, files))
    assert submission.tree == FILES
    assert submission.dropped == (".venv", "app/conftest.py")


@writers
def test_a_folder_of_the_project_stays(write: Writer, tmp_path: Path) -> None:
    assert read_submission(write(tmp_path, {"app/main.py": b"", "app/__init__.py": b""})).tree.keys() == {
        "app/main.py",
        "app/__init__.py",
    }


def test_a_dot_before_each_path_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "work.tar"
    with tarfile.open(path, "w") as archive:
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "a.py").write_text("1\n")
        archive.add(tmp_path / "project", ".")
    assert read_submission(path).tree == {"a.py": b"1\n"}


@writers
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.py", "leads out"),
        ("app/../../evil.py", "leads out"),
        ("/etc/evil.py", "leads out"),
        ("C:/evil.py", "leads out"),
        ("C:\\evil.py", "characters"),
        ("app\\evil.py", "characters"),
        ("app/a\nb.py", "characters"),
        ("app/a\u202eb.py", "characters"),
        ("/".join(["deep"] * 200), "too deep"),
        ("App/main.py", "capital letters"),
        ("app/MAIN.py", "capital letters"),
        ("app/main.py/inner.py", "a file as well"),
        ("app/" + "x" * 300, "too deep"),
    ],
)
def test_names_that_are_not_plain_are_refused(write: Writer, name: str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path, {**FILES, name: b"harm"})
    with pytest.raises(IntakeRefused, match=reason) as refused:
        read_submission(path)
    assert str(refused.value).isprintable()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@writers
def test_too_many_files_are_refused(write: Writer, tmp_path: Path) -> None:
    with pytest.raises(IntakeRefused, match="more than 2000 files"):
        read_submission(write(tmp_path, {f"{number}.txt": b"" for number in range(5000)}))


@writers
def test_too_many_needless_files_are_refused(write: Writer, tmp_path: Path) -> None:
    path = write(tmp_path, {f".venv/{number}.txt": b"" for number in range(30)})
    with pytest.raises(IntakeRefused, match="more than 20 needless files"):
        read_submission(path, limits=IntakeLimits(dropped=20))


@writers
def test_bombs_are_refused(write: Writer, tmp_path: Path) -> None:
    path = write(tmp_path, {"bomb": bytes(100 * MIB)})
    with pytest.raises(IntakeRefused, match="larger than"):
        read_submission(path)


def test_a_file_that_is_packed_too_well_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeRefused, match='"bomb" unpacks to more than 100 times its size'):
        read_submission(write_zip(tmp_path, {"bomb": bytes(3 * MIB)}))


def test_a_packed_tar_is_not_unpacked_beyond_its_limit(tmp_path: Path) -> None:
    """A header of 40 MiB of zeros, before any file that could be refused by its size."""
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "0" * 40 * MIB}) as archive:
        archive.addfile(tarfile.TarInfo("a.py"))
    with pytest.raises(IntakeRefused, match="far larger than it says"):
        read_submission(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@writers
def test_the_same_file_twice_is_refused(write: Writer, tmp_path: Path) -> None:
    class Twice(dict[str, bytes]):
        def items(self):  # type: ignore[no-untyped-def]
            return [*super().items(), *super().items()]

    path = write(tmp_path, Twice(FILES))
    with pytest.raises(IntakeRefused, match=r'"app/main\.py" is in it twice'):
        read_submission(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_zip_with_something_else_than_files_is_refused(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "work.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("README.md")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/shadow")
    with pytest.raises(IntakeRefused, match=r'"README\.md" is a link or something else that is no file'):
        read_submission(path)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_a_tar_with_something_else_than_files_is_refused(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "work.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo("README.md")
        member.type, member.linkname = kind, "/etc/shadow"
        archive.addfile(member)
    with pytest.raises(IntakeRefused):
        read_submission(path)


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"a.py": bytes(range(256)) * 1000})
    data = bytearray(path.read_bytes())
    size = struct.pack("<I", 256_000)
    for place in (data.index(size), data.rindex(size)):
        data[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(IntakeRefused, match="no whole zip"):
        read_submission(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"a.py": b"1"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(IntakeRefused, match="encrypted"):
        read_submission(path)


def test_a_large_archive_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "work.zip"
    with path.open("wb") as file:
        file.truncate(33 * MIB)
    with pytest.raises(IntakeRefused, match="larger than 32 MiB"):
        read_submission(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04" + bytes(100), b"\x1f\x8b", b"\x1f\x8bnonsense", bytes(512), b"x"]
)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "work.zip"
    path.write_bytes(content)
    with pytest.raises(IntakeRefused):
        read_submission(path)


@writers
def test_damage_anywhere_is_refused_or_harmless(write: Writer, tmp_path: Path) -> None:
    """Every byte is spoilt in turn; whatever comes of it, it is a submission or a refusal."""
    path = write(tmp_path, {"a.py": b"value = 1\n" * 20})
    whole = path.read_bytes().rstrip(b"\0")
    outcomes = set()
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0xFF
        path.write_bytes(spoilt)
        try:
            read_submission(path)
            outcomes.add("taken")
        except IntakeRefused:
            outcomes.add("refused")
    assert "refused" in outcomes
