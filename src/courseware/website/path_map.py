"""The map of the path on the home page: all steps with minutes and points."""

from collections.abc import Collection
from html import escape

from courseware.course import Course, Step
from courseware.website.lesson_page import facts, page_of, points_of
from courseware.website.words import Words

PLACE = "<!-- path -->"
"""Where a page has the map."""


def path_map(course: Course, written: Collection[Step], words: Words) -> str:
    """An ordered list with a card for each step. Steps that have a lesson are links.

    Args:
        written: the steps that have a page.
    """
    cards = "\n".join(_card(step, words, is_link=step in written) for step in course.stages)
    total = sum(step.lesson.minutes for step in written)
    points = sum(points_of(step) for step in written)
    sums = f"{words.minutes.format(total)}, {words.points.format(f'{points:g}')}"
    return f'<ol class="path">\n{cards}\n</ol>\n\n<p class="path-sum">{escape(sums)}</p>\n'


def _card(step: Step, words: Words, *, is_link: bool) -> str:
    number, *others = facts(step, words)
    title = f"<strong>{escape(step.title)}</strong>"
    more = f'<span class="path-facts">{escape(", ".join(others))}</span>'
    inside = f'<span class="path-step">{escape(number)}</span>{title}{more}'
    if not is_link:
        return f'<li class="planned"><div>{inside}</div></li>'
    return f'<li><a href="{page_of(step).removesuffix(".md")}/">{inside}</a></li>'
