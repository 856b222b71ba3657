"""How one student's submission stands: what grading leaves and what a report is made of."""

from dataclasses import dataclass

from courseware.verdict import Verdict


@dataclass(frozen=True)
class Standing:
    """A submission with its verdict. Where there is none, a person must look, and `remark` says why."""

    student: str
    verdict: Verdict | None
    remark: str = ""
