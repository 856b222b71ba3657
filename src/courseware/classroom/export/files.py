"""Puts what is exported where it was asked for."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from courseware.base.errors import UsageError
from courseware.classroom.export.graded_class import GradedStep
from courseware.classroom.export.gradescope import results
from courseware.classroom.export.junit import junit_xml


def gradescope_files(steps: Sequence[GradedStep]) -> Iterator[tuple[str, bytes]]:
    """A results.json for every submission that has a verdict: the path STEP/STUDENT/results.json, and the content."""
    for graded in steps:
        for result in graded.results:
            if result.verdict is not None:
                content = json.dumps(results(result.verdict), indent=2) + "\n"
                yield f"{graded.step.slug}/{result.student}/results.json", content.encode()


def junit_files(steps: Sequence[GradedStep]) -> Iterator[tuple[str, bytes]]:
    """An XML file for every submission: the path STEP/STUDENT.xml, and the content."""
    for graded in steps:
        for result in graded.results:
            yield f"{graded.step.slug}/{result.student}.xml", junit_xml(graded.step, result)


def write_folder(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Writes files into a folder that is new or empty: nothing of another export may be taken for one of this.

    Raises UsageError.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} is there already. Name a folder that is new or empty.")
    for path, content in files:
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{place.parent} cannot be made: {error.strerror}.") from error
        write_file(place, content)


def write_file(path: Path, content: bytes) -> None:
    """Writes a file, over another if need be. Raises UsageError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
