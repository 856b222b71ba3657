"""The page of a lesson: its README, and what is generated from the files beside it."""

import re
from collections.abc import Iterator
from html import escape

from courseware.author.mistakes import Mistake, WrongProject, mistakes_by_task, wrong_projects_of
from courseware.checking.check import CheckEntry
from courseware.course import Course, Step
from courseware.judging.judgement import catalogue
from courseware.website.links import LinkMap
from courseware.website.quiz import quiz_html, quiz_in
from courseware.website.words import Words

OUTPUT = "output"
"""The folder of a lesson with what each example prints, one text file for each."""
TITLE = re.compile(r"\A# .+\n")
SELF_CHECK = re.compile(r"^## [^\n]+\n+(?=- \[ \] )", re.MULTILINE)
"""The heading of the boxes that end a lesson."""
MARKUP = re.compile(r"[\\`*_{}\[\]|~^#<>&]")
"""Characters that mean something in Markdown or HTML."""


def readme_of(step: Step) -> str:
    """The path of the text in the repository."""
    return f"lessons/{step.slug}/README.md"


def page_of(step: Step) -> str:
    """The path of the page on the site."""
    return f"lessons/{step.slug}.md"


def lesson_page(course: Course, step: Step, links: LinkMap, words: Words) -> str:
    """The Markdown of the page. Generated sections stand before the self-check of the README. Raises UsageError."""
    text = (step.lesson_folder / "README.md").read_text(encoding="utf-8")
    text = links.rewrite(text, readme_of(step), page_of(step))
    text = TITLE.sub(lambda title: f"{title[0]}\n{_facts(step, words)}\n", text, count=1)
    generated = "\n".join((*_outputs(step, words), *_gallery(course, step, words), *_quiz(step, words)))
    before, heading, after = _cut(text)
    return f"{before}{generated}\n{heading}{after}"


def points_of(step: Step) -> float:
    """The points of all tasks and questions of a step."""
    return sum(task.points for task in step.tasks) + sum(question.points for question in step.lesson.questions)


def facts(step: Step, words: Words) -> list[str]:
    """Number, duration and points of a step, in words."""
    return [
        words.step.format(step.number),
        words.minutes.format(step.lesson.minutes),
        *([words.points.format(f"{points_of(step):g}")] if step.tasks else [words.planned]),
    ]


def _facts(step: Step, words: Words) -> str:
    chips = "".join(f"<li>{escape(fact)}</li>" for fact in (*facts(step, words), f"course lab {step.number}"))
    return f'<ul class="facts">{chips}</ul>\n'


def _cut(text: str) -> tuple[str, str, str]:
    """The text before the self-check, its heading and its boxes."""
    found = SELF_CHECK.search(text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def _outputs(step: Step, words: Words) -> Iterator[str]:
    files = sorted((step.lesson_folder / OUTPUT).glob("*.txt"))
    if files:
        yield f"## {words.output}\n\n{words.output_note}\n"
    for file in files:
        yield f'??? example "{words.output_of.format(f"{file.stem}.py")}"\n'
        yield _indented(f"```text\n{file.read_text(encoding='utf-8').strip()}\n```") + "\n"


def _gallery(course: Course, step: Step, words: Words) -> Iterator[str]:
    """Known mistakes by the first visible check that they fail. Hidden checks are not named."""
    if not step.tasks:
        return
    checks = {entry.id: entry for entry in catalogue(course, step)}
    causes = _causes(step, checks)
    if causes:
        yield f"## {words.mistakes}\n\n{words.mistakes_note}\n"
    for task in step.tasks:
        rows = [_row(checks[name], causes[name]) for name in causes if checks[name].task == task.id]
        if rows:
            head = f"| {words.check_says} | {words.causes} |\n|---|---|\n"
            yield f'??? failure "{words.mistakes_of.format(task.id, task.title)}"\n'
            yield _indented(head + "\n".join(rows)) + "\n"


def _causes(step: Step, checks: dict[str, CheckEntry]) -> dict[str, list[str]]:
    """The explanations of known mistakes by visible check, in the order of the checks."""
    known: list[Mistake | WrongProject] = [each for group in mistakes_by_task(step).values() for each in group]
    known += wrong_projects_of(step)
    causes: dict[str, list[str]] = {name: [] for name in checks}
    for mistake in known:
        first = next((name for name in mistake.fails if name in checks), None)
        if first is not None:
            causes[first].append(mistake.why)
    return {name: whys for name, whys in causes.items() if whys}


def _row(check: CheckEntry, causes: list[str]) -> str:
    listed = causes[0] if len(causes) == 1 else "<ul>" + "".join(f"<li>{_cell(why)}</li>" for why in causes) + "</ul>"
    return f"| {_cell(check.sentence)}<br>`{check.id}` | {listed if len(causes) > 1 else _cell(listed)} |"


def _cell(text: str) -> str:
    """Text in a cell of a Markdown table: one line, no HTML, no markup but code."""
    joined = " ".join(text.split())
    parts = re.split(r"(`[^`]*`)", joined)
    for number, part in enumerate(parts):
        if part.startswith("`"):
            parts[number] = f"<code>{escape(part[1:-1]).replace('|', '&#124;')}</code>"
        else:
            parts[number] = MARKUP.sub(lambda sign: f"&#{ord(sign[0])};", part)
    return "".join(parts)


def _quiz(step: Step, words: Words) -> Iterator[str]:
    quiz = quiz_in(step.lesson_folder)
    if quiz is not None:
        yield f"## {words.quiz}\n\n{words.quiz_note}\n\n{quiz_html(quiz, words)}\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
