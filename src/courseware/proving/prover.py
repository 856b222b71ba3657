"""Puts every claim to the judge, several at a time."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from courseware.course import load_course
from courseware.judge import judge
from courseware.proving.claims import Claim
from courseware.sandbox import SandboxKind


@dataclass(frozen=True)
class Finding:
    """What came of a claim: it holds when there are no `contradictions`. `seconds` is how long its judgement took."""

    claim: Claim
    contradictions: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.contradictions


def prove(
    root: Path, claims: Sequence[Claim], *, jobs: int, sandbox: SandboxKind | None, seed: int | None
) -> Iterator[Finding]:
    """The findings about the course in `root`, each as soon as it is there.

    Args:
        jobs: how many judgements run at once.
        seed: of the order of checks and of their data; None draws one for each judgement.
    """
    # Fresh processes: a forked one would inherit the threads and the terminal of whoever asks.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_find, root, claim, sandbox, seed) for claim in claims]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _find(root: Path, claim: Claim, sandbox: SandboxKind | None, seed: int | None) -> Finding:
    course = load_course(root)
    verdict = judge(
        course, course.step(claim.step), claim.tree, stage=claim.stage, hidden=True, sandbox=sandbox, seed=seed
    )
    return Finding(claim, tuple(claim.contradictions(verdict)), verdict.seconds)
