"""The files that GitHub, pre-commit, a dev container and Binder read are valid and fit the project."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
FORMS = [path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
SCHEMAS = {
    ".github/dependabot.yml": "vendor.dependabot",
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    **{path.relative_to(ROOT).as_posix(): "vendor.github-issue-forms" for path in FORMS},
}


def run(program: str, *arguments: str | Path) -> str:
    """Run a program that is installed beside Python, and return what it prints. A failure fails the test."""
    command = [Path(sys.executable).parent / program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def read(path: str) -> Any:
    return YAML(typ="safe").load(ROOT / path)


WORKFLOW = read(".github/workflows/ci.yml")


@pytest.mark.parametrize("path", SCHEMAS)
def test_files_for_github_follow_their_schemas(path: str) -> None:
    run("check-jsonschema", "--builtin-schema", SCHEMAS[path], path)


def test_zizmor_finds_nothing_in_any_file_for_github() -> None:
    run("zizmor", "--offline", "--no-progress", "--persona", "pedantic", ".github")


def test_hadolint_finds_nothing_in_the_image_of_the_dev_container() -> None:
    run("hadolint", ".devcontainer/Dockerfile")


def test_every_part_of_ci_has_a_job() -> None:
    script = (ROOT / ".ci/run").read_text()
    parts = set(re.findall(r"^    (\w+)\) \.ci/install", script, re.MULTILINE)) - {"everything"}
    matrix = WORKFLOW["jobs"]["code"]["strategy"]["matrix"]
    in_jobs = {*matrix["part"], *(more["part"] for more in matrix["include"]), "lint", "files", "site"}
    assert in_jobs == parts
    assert WORKFLOW["jobs"]["texts"]["steps"][-1]["run"] == ".ci/run lint files site"
    assert WORKFLOW["jobs"]["code"]["steps"][-1]["run"] == '.ci/run "$PART"'


def test_one_status_reports_in_every_case() -> None:
    """A branch rule requires it. It fails when a job fails, and holds when a job is not needed."""
    passed = WORKFLOW["jobs"]["passed"]
    assert set(passed["needs"]) == WORKFLOW["jobs"].keys() - {"passed"}
    assert passed["if"] == "always()"


def test_a_job_has_the_least_permissions() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not [name for name, job in WORKFLOW["jobs"].items() if "permissions" in job]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (["site/glossary.md", "site/assets/lab.png"], False),
        (["README.md", "LICENSE", ".github/ISSUE_TEMPLATE/idea.yml"], False),
        (["site/словник.md"], False),
        (["README.md", "src/courseware/errors.py"], True),
        (["lessons/step_1_contacts_crud/README.md"], True),
        ([".github/workflows/ci.yml"], True),
        (["CONTRIBUTING.md"], True),
        (["pyproject.toml"], True),
    ],
)
def test_only_texts_spare_the_tests_of_the_code(changed: list[str], code: bool, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    script = tmp_path / ".ci/changes"
    for path in (script, *(tmp_path / name for name in changed)):
        path.parent.mkdir(parents=True, exist_ok=True)
    script.write_bytes((ROOT / ".ci/changes").read_bytes())
    git("init")
    git("add", ".")
    git("commit", "--message", "Begin")
    for name in changed:
        (tmp_path / name).write_text("A change.\n")
    git("add", ".")
    git("commit", "--message", "Change")
    told = subprocess.run(["sh", script, "HEAD^"], capture_output=True, text=True, check=True).stdout
    assert told == f"code={str(code).lower()}\n"


def test_dependabot_looks_at_every_project_and_waits_a_week() -> None:
    updates = read(".github/dependabot.yml")["updates"]
    looked_at = {(update["package-ecosystem"], folder) for update in updates for folder in update["directories"]}
    projects = {"/", "/solutions/contacts_api"}
    assert {("uv", folder) for folder in projects} | {("github-actions", folder) for folder in projects} <= looked_at
    assert all(update["cooldown"]["default-days"] >= 7 and update["groups"] for update in updates)
    assert [folder for _, folder in looked_at if not (ROOT / folder.strip("/")).is_dir()] == []


def test_pre_commit_runs_the_linters_in_the_versions_of_the_project() -> None:
    """pre-commit's own keys and types, as its documentation names them; `uvx pre-commit validate-config` says more."""
    configuration = read(".pre-commit-config.yaml")
    (local,) = configuration["repos"]
    assert local["repo"] == "local"
    linters = {"ruff-check", "ruff-format", "mypy", "lint-imports", "typos", "zizmor"}
    assert {hook["id"] for hook in local["hooks"]} == linters
    for hook in local["hooks"]:
        assert {"id", "name", "language", "entry"} <= hook.keys()
        assert hook["language"] == "system"
        assert hook["entry"].startswith("uv run --group dev ")


def test_the_dev_container_is_built_and_installed_from_this_project() -> None:
    """The required keys, as the reference on containers.dev names them: no package ships its schema."""
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()
    assert (
        f"useradd --uid 1000 --create-home --shell /bin/bash {container['remoteUser']}"
        in (ROOT / ".devcontainer/Dockerfile").read_text()
    )
    assert container["postCreateCommand"] == "uv sync"
    assert all(0 < port < 65536 for port in container["forwardPorts"])
    assert all(port.isdigit() for port in container["portsAttributes"])


def test_binder_installs_what_a_student_needs() -> None:
    """The names and rights that repo2docker's documentation asks for."""
    binder = ROOT / ".binder"
    assert re.fullmatch(r"python-3\.1[1-4]\n", (binder / "runtime.txt").read_text())
    for name in ("postBuild", "start"):
        assert os.access(binder / name, os.X_OK)
        assert subprocess.run(["bash", "-n", binder / name], check=False).returncode == 0
    assert "--require-hashes --requirement requirements.lock" in (binder / "postBuild").read_text()
    assert (binder / "start").read_text().endswith('exec "$@"\n')
