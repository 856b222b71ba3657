"""Follows the instructions of a Dockerfile as far as files and settings go, without running anything."""

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from courseware.base.tree import Tree
from courseware.checking.deployment.dockerfile import DockerfileFault, Instruction, Stage, exec_form, filled
from courseware.checking.deployment.patterns import path_fits

MOST_FILES = 20_000
MOST_IGNORE_LINES = 500
_INSTALLS = re.compile(r"\b(?:apt-get|apt|apk|microdnf|dnf)\b[^&|;\n]{0,200}?\b(?:install|add)\b([^&|;\n]*)")
_SEPARATORS = re.compile(r"&&|\|\||[;|\n]")
_ENVIRONMENTS = re.compile(r"(?:\bpython[\d.]*\s+-m\s+venv|\bvirtualenv|\buv\s+venv|\buv\s+sync)\b([^&|;\n]*)")
_USUAL_ENVIRONMENT = ".venv"
_SYSTEM_IMAGES = re.compile(r"^(?:docker\.io/)?(?:library/)?(?:python|debian|ubuntu|alpine|buildpack-deps)(?=[:@]|$)")
_SYSTEM_FOLDERS = ("bin", "etc", "lib", "lib64", "sbin", "usr")


@dataclass(frozen=True)
class ImageCommand:
    """A command of an image. `words` are what is started: for the form without brackets `/bin/sh -c` and the text."""

    words: tuple[str, ...]
    is_shell_form: bool

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of the programs that it begins, those of a shell's command line included."""
        words = list(self.words)
        if posixpath.basename(words[0]) in ("sh", "bash") and len(words) > 2 and words[1].endswith("c"):
            lines = [line.split() for line in _SEPARATORS.split(words[2])]
            starts = [[word for word in line if "=" not in word and word != "exec"] for line in lines]
            return tuple(posixpath.basename(line[0]) for line in starts if line and line[0] != "exit")
        return (posixpath.basename(words[0]),)


@dataclass(frozen=True)
class BuiltImage:
    """The image at the end of a stage.

    Args:
        bases: the names of the images that it begins with, the first one last.
        files: what COPY and ADD put into it, by absolute path without the first slash.
        built: absolute paths that RUN made, such as a virtual environment, here or in a stage that COPY names.
        programs: what RUN installed with the package manager of the system, and what came from other images.
        runs: the command lines of RUN, those of the stages that it begins with included.
    """

    bases: tuple[str, ...]
    files: Tree = field(default_factory=dict)
    built: tuple[str, ...] = ()
    programs: frozenset[str] = frozenset()
    runs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = "/"
    user: str | None = None
    entrypoint: ImageCommand | None = None
    cmd: ImageCommand | None = None
    healthcheck: ImageCommand | None = None
    stop_signal: str = "SIGTERM"
    exposed: tuple[str, ...] = ()

    @property
    def command(self) -> ImageCommand | None:
        """What is started: ENTRYPOINT with CMD as its arguments."""
        if self.entrypoint is None or self.cmd is None or self.entrypoint.is_shell_form:
            return self.entrypoint or self.cmd
        return replace(self.entrypoint, words=self.entrypoint.words + self.cmd.words)


def build(stages: Sequence[Stage], tree: Tree) -> BuiltImage:
    """The image of the last stage. Raises DockerfileFault."""
    context = without_ignored(tree)
    done: dict[str, BuiltImage] = {}
    image = BuiltImage(bases=())
    for number, stage in enumerate(stages):
        known = done.get(stage.base.lower())
        image = BuiltImage(bases=(stage.base,)) if known is None else replace(known, arguments={})
        inherited = image.cmd
        for instruction in stage.instructions:
            image = _after(image, instruction, context, done)
            if instruction.name == "ENTRYPOINT" and image.cmd is inherited:
                image = replace(image, cmd=None)
        done[str(number)] = image
        if stage.name:
            done[stage.name] = image
    return image


def without_ignored(tree: Tree) -> Tree:
    """The files that Docker gets: those that .dockerignore leaves."""
    lines = tree.get(".dockerignore", b"").decode(errors="replace").splitlines()[:MOST_IGNORE_LINES]
    rules = []
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#"):
            negated = text.startswith("!")
            rules.append((negated, posixpath.normpath(text[negated:].strip().lstrip("/"))))
    return {path: content for path, content in tree.items() if not _is_ignored(path, rules)}


def _is_ignored(path: str, rules: Sequence[tuple[bool, str]]) -> bool:
    parts = path.split("/")
    prefixes = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    ignored = False
    for negated, pattern in rules:
        if ignored is negated and any(path_fits(prefix, pattern) for prefix in prefixes):
            ignored = not negated
    return ignored


def _after(image: BuiltImage, instruction: Instruction, context: Tree, stages: Mapping[str, BuiltImage]) -> BuiltImage:
    """The image after one more instruction."""
    variables = {**image.arguments, **image.environment}
    value = filled(instruction.value, variables)
    match instruction.name:
        case "ENV":
            return replace(image, environment={**image.environment, **_pairs(value, instruction)})
        case "ARG":
            name, _, default = value.partition("=")
            return replace(image, arguments={**image.arguments, name: default.strip("\"'")})
        case "WORKDIR":
            return replace(image, working_directory=_absolute(value.strip("\"'"), image))
        case "USER":
            return replace(image, user=value.partition(":")[0])
        case "EXPOSE":
            return replace(image, exposed=(*image.exposed, *value.split()))
        case "STOPSIGNAL":
            return replace(image, stop_signal=value)
        case "CMD":
            return replace(image, cmd=_command(instruction.value))
        case "ENTRYPOINT":
            return replace(image, entrypoint=_command(instruction.value))
        case "HEALTHCHECK":
            return replace(image, healthcheck=_healthcheck(instruction))
        case "RUN":
            return _after_run(image, " ".join(instruction.words or ()) or instruction.value)
        case "COPY" | "ADD":
            return _Copying(image, instruction, value, context, stages).done()
        case _:
            return image


def _command(value: str) -> ImageCommand | None:
    words = exec_form(value)
    if words is None:
        return ImageCommand(("/bin/sh", "-c", value), is_shell_form=True)
    return ImageCommand(words, is_shell_form=False) if words else None


def _healthcheck(instruction: Instruction) -> ImageCommand | None:
    name, _, value = instruction.value.partition(" ")
    return None if name.upper() != "CMD" else _command(value.strip())


def _after_run(image: BuiltImage, text: str) -> BuiltImage:
    names = {name for match in _INSTALLS.finditer(text) for name in match[1].split() if not name.startswith("-")}
    installed = {name.partition("=")[0] for name in names}
    made = (_absolute(_environment_made(image, match), image) for match in _ENVIRONMENTS.finditer(text))
    return replace(
        image,
        runs=(*image.runs, text),
        programs=image.programs | installed,
        built=tuple(dict.fromkeys((*image.built, *made))),
    )


def _environment_made(image: BuiltImage, match: re.Match[str]) -> str:
    """Where a command of RUN makes a virtual environment."""
    variables = {**image.arguments, **image.environment}
    if match[0].split()[1:2] == ["sync"]:
        return variables.get("UV_PROJECT_ENVIRONMENT", _USUAL_ENVIRONMENT)
    words = [filled(word.strip("\"'"), variables) for word in match[1].split() if not word.startswith("-")]
    paths = [word for word in words if "/" in word or word.startswith(".")]
    return next(iter([*paths, *words[-1:]]), _USUAL_ENVIRONMENT)


def _pairs(value: str, instruction: Instruction) -> dict[str, str]:
    """The variables of ENV, in either form."""
    name, _, rest = value.partition(" ")
    if "=" not in name:
        return {name: rest.strip()}
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise DockerfileFault("not_a_dockerfile", f"line {instruction.line}: {error}") from None
    return {key: text for key, _, text in (word.partition("=") for word in words)}


def _absolute(path: str, image: BuiltImage) -> str:
    return posixpath.normpath(posixpath.join(image.working_directory, path))


class _Copying:
    """One COPY or ADD."""

    def __init__(
        self,
        image: BuiltImage,
        instruction: Instruction,
        value: str,
        context: Tree,
        stages: Mapping[str, BuiltImage],
    ) -> None:
        self._image = image
        self._instruction = instruction
        words = list(exec_form(value) or _words(value, instruction))
        if len(words) < 2:
            raise self._fault("not_a_dockerfile", "a source and a destination are needed")
        *self._sources, destination = words
        self._folder_wanted = destination.endswith(("/", ".")) or len(self._sources) > 1
        self._destination = _absolute(destination, image).lstrip("/")
        origin = instruction.options.get("from")
        self._stage = None if origin is None else stages.get(origin.lower())
        self._is_other_image = origin is not None and self._stage is None
        self._files = context if self._stage is None else self._stage.files
        self._added: dict[str, bytes] = {}
        self._built: list[str] = []
        self._programs: set[str] = set()

    def done(self) -> BuiltImage:
        for source in self._sources:
            if self._is_other_image:
                self._programs.add(posixpath.basename(source.rstrip("/")))
            elif source.startswith("<<") or (self._instruction.name == "ADD" and "://" in source):
                continue
            else:
                self._take(source)
        files = {**self._image.files, **self._added}
        if len(files) > MOST_FILES:
            raise self._fault("not_a_dockerfile", f"the image has more than {MOST_FILES} files")
        return replace(
            self._image,
            files=files,
            built=tuple(dict.fromkeys((*self._image.built, *self._built))),
            programs=self._image.programs | self._programs,
        )

    def _take(self, source: str) -> None:
        pattern = posixpath.normpath(source.lstrip("/") or ".")
        if pattern == ".." or pattern.startswith("../"):
            raise self._fault("copy_finds_nothing", f"{source!r} is outside of what Docker gets")
        found = False
        for path, content in self._files.items():
            match = _matched(path, pattern)
            if match is not None:
                found = True
                self._added[self._target(path, match)] = content
        if self._stage is not None and self._take_built(source, f"/{pattern}"):
            return
        if not found and self._stage is None:
            raise self._fault("copy_finds_nothing", f"no file fits {source!r} (.dockerignore may leave it out)")

    def _take_built(self, source: str, path: str) -> bool:
        """Take over what RUN made in the other stage, or what its base image has. Whether there is anything of that."""
        assert self._stage is not None
        below = [each for each in self._stage.built if posixpath.commonpath([each, path]) == path]
        for each in below:
            self._built.append(posixpath.normpath(f"/{self._destination}/{posixpath.relpath(each, path)}"))
        if any(_matched(each, path.lstrip("/")) is not None for each in self._stage.files):
            return bool(below)
        if not self._stage.runs and not below:
            if not _base_may_have(self._stage.bases[-1], path):
                raise self._fault("copy_finds_nothing", f"nothing in the other stage makes {source!r}")
            self._programs.add(posixpath.basename(path))
            return True
        name = posixpath.basename(path)
        is_inside = self._folder_wanted and "." in name and not name.startswith(".")
        self._built.append(f"/{self._destination}/{name}" if is_inside else f"/{self._destination}")
        return True

    def _target(self, path: str, match: str) -> str:
        """Where the file goes whose path begins with `match`, which fits the source."""
        if path != match:  # a folder: what it holds is copied
            return posixpath.normpath(posixpath.join(self._destination, path[len(match) :].lstrip("/")))
        is_folder = self._folder_wanted or self._destination in ("", self._image.working_directory.lstrip("/"))
        is_folder |= any(each.startswith(f"{self._destination}/") for each in self._image.files)
        name = posixpath.basename(path) if is_folder else ""
        return posixpath.normpath(posixpath.join(self._destination, name))

    def _fault(self, key: str, message: str) -> DockerfileFault:
        return DockerfileFault(key, f"line {self._instruction.line}: {self._instruction.name}: {message}")


def _base_may_have(base: str, path: str) -> bool:
    """Whether an image may have the path: any, if nothing is known of the image, such as one that holds a program."""
    if _SYSTEM_IMAGES.match(base):
        return path.split("/")[1] in _SYSTEM_FOLDERS
    return base != "scratch"


def _matched(path: str, pattern: str) -> str | None:
    """The beginning of the path that fits the pattern: the path itself, or one of its folders. "" for everything."""
    if pattern == ".":
        return ""
    depth = pattern.count("/") + 1
    parts = path.split("/")
    beginning = "/".join(parts[:depth])
    return beginning if len(parts) >= depth and path_fits(beginning, pattern.replace("**", "*")) else None


def _words(value: str, instruction: Instruction) -> list[str]:
    try:
        return shlex.split(value.partition("\n")[0])
    except ValueError as error:
        raise DockerfileFault("not_a_dockerfile", f"line {instruction.line}: {error}") from None
