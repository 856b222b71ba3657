"""For `nbgrader collect`: takes from the exchange what is harmless to copy."""

import shutil
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from courseware.errors import UsageError
from courseware.nbgrader.course_folder import CourseFolder
from courseware.nbgrader.submissions import REFUSAL, is_small_file, make_safe, no_files, project_in, what_stays


class Collect(ExchangeCollect):
    """Collects submissions as nbgrader does, but of one that cannot be taken in only a note why.

    nbgrader would follow a student's links with the instructor's rights, and leave the whole class behind where one
    submission is too large.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copies one submission out of the exchange, where it stays in any case; called by nbgrader."""
        source, target = Path(src), Path(dest)
        refusal = _refusal_of(source)
        if refusal:
            self.log.warning("%s is not taken in: %s", source, refusal)
            target.mkdir(parents=True)
            for path in what_stays(source, f"{target.name}.ipynb"):
                if is_small_file(path):
                    shutil.copyfile(path, target / path.name, follow_symlinks=False)
            (target / REFUSAL).write_text(f"{refusal}\n", encoding="utf-8")
        else:
            super().do_copy(src, dest, log)  # type: ignore[no-untyped-call]
        coursedir: Any = self.coursedir
        make_safe(CourseFolder(Path(coursedir.root)), target.parent.name, target.name)


def _refusal_of(source: Path) -> str:
    """Why a submission cannot be taken in, or nothing."""
    try:
        project_in(source)
    except UsageError as refused:
        return str(refused)
    odd = no_files(source)
    return f"{odd[0].relative_to(source)} is a link or something else that is no file." if odd else ""
