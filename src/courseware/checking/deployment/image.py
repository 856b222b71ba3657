"""The student's image as a check sees it: what the Dockerfile puts into the last stage, and how it starts."""

import posixpath
import re
from collections.abc import Mapping
from functools import cached_property

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.dockerfile import DockerfileFault, Stage, read_dockerfile
from courseware.checking.deployment.image_build import BuiltImage, ImageCommand, build

DOCKERFILE = "Dockerfile"
SYSTEM_PROGRAMS = frozenset(("bash", "curl", "git", "nc", "pg_isready", "psql", "redis-cli", "wget"))
"""Programs that an image may lack. Others come with Python or with a package of it."""
MARK = b"a file that a check has put there"
_OFFICIAL_PYTHON = re.compile(r"^(?:docker\.io/)?(?:library/)?python(?=[:@]|$)")


class Image:
    """The image of a project. Each method raises CheckFailed for a Dockerfile that Docker would refuse.

    Keys, from every method: `no_dockerfile`, `not_a_dockerfile` and `copy_finds_nothing`.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def must_be_read(self) -> None:
        """Docker must be able to build it, as far as the instructions and the files that they copy go."""
        assert self.built

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """All stages of the Dockerfile."""
        content = self._tree.get(DOCKERFILE)
        if content is None:
            raise CheckFailed("no_dockerfile", asked="the Dockerfile to be read", expected=DOCKERFILE, got="no file")
        try:
            return read_dockerfile(content)
        except DockerfileFault as fault:
            raise _failed(fault) from None

    @cached_property
    def built(self) -> BuiltImage:
        """The image at the end of the last stage."""
        return self._build(self._tree)

    @property
    def last(self) -> Stage:
        """The last stage, which is what runs."""
        return self.stages[-1]

    @property
    def user(self) -> str | None:
        """The user that the image runs as, by name or number. None where no USER says it."""
        return self.built.user

    @property
    def is_root(self) -> bool:
        """Whether it runs as root."""
        return self.user in (None, "", "root", "0")

    @property
    def working_directory(self) -> str:
        """The absolute path in which the image starts."""
        return self.built.working_directory

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of ENV in the last stage."""
        return self.built.environment

    @property
    def arguments(self) -> Mapping[str, str]:
        """The variables of ARG in the last stage."""
        return self.built.arguments

    @property
    def command(self) -> ImageCommand | None:
        """What the image starts: ENTRYPOINT and CMD."""
        return self.built.command

    @property
    def healthcheck(self) -> ImageCommand | None:
        """What HEALTHCHECK runs."""
        return self.built.healthcheck

    @property
    def files(self) -> Tree:
        """What is copied into the last stage, by absolute path without the first slash."""
        return self.built.files

    @property
    def project_files(self) -> Tree:
        """The files below the working directory, by their paths there."""
        folder = self.working_directory.strip("/")
        prefix = f"{folder}/" if folder else ""
        return {path[len(prefix) :]: content for path, content in self.files.items() if path.startswith(prefix)}

    @property
    def runs_in_last_stage(self) -> tuple[str, ...]:
        """The command lines of RUN in the last stage and in the stages that it begins with."""
        return self.built.runs

    def takes(self, path: str) -> bool:
        """Whether a file at this path of the project would get into the image, such as `.env`."""
        return MARK in self._build({**self._tree, path: MARK}).files.values()

    def has_program(self, name: str) -> bool:
        """Whether the image has the program. False only where it is known to be missing."""
        if name not in SYSTEM_PROGRAMS or name in self.built.programs:
            return True
        packages = {"psql": "postgresql-client", "pg_isready": "postgresql-client", "redis-cli": "redis-tools"}
        if packages.get(name) in self.built.programs:
            return True
        base = self.built.bases[-1].partition("@")[0]
        if "alpine" in base:
            return name in ("wget", "nc")
        if _OFFICIAL_PYTHON.match(base) and "slim" not in base:
            return name in ("bash", "curl", "git", "wget")
        return name == "bash"

    def must_be_pinned(self) -> None:
        """Every stage must begin with an image whose version is written down. Keys: `no_tag`, `latest_tag`."""
        names = {stage.name for stage in self.stages}
        for number, stage in enumerate(self.stages):
            image, _, digest = stage.base.partition("@")
            _, _, tag = posixpath.basename(image).partition(":")
            if stage.base.lower() in names or stage.base in map(str, range(number)) or image == "scratch" or digest:
                continue
            if tag in ("", "latest"):
                raise CheckFailed(
                    "latest_tag" if tag else "no_tag",
                    asked=f"the Dockerfile to be read: FROM {stage.base}",
                    expected="an image with the tag of a version, such as python:3.13-slim",
                    got=stage.base,
                )

    def _build(self, tree: Tree) -> BuiltImage:
        try:
            return build(self.stages, tree)
        except DockerfileFault as fault:
            raise _failed(fault) from None


def _failed(fault: DockerfileFault) -> CheckFailed:
    return CheckFailed(
        fault.key, asked="the Dockerfile to be read", expected="a Dockerfile that Docker builds", got=str(fault)
    )
