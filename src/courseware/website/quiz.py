"""Quizzes: `quiz.toml` beside a lesson, and the HTML that a page shows. The browser scores the answers."""

import re
from html import escape
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from courseware.base.models import FrozenModel
from courseware.course.loader import parse, read_toml
from courseware.website.words import Words

FILE = "quiz.toml"
CODE = re.compile(r"`([^`]+)`")
LETTERS = "abcdefgh"


class Option(FrozenModel):
    """A possible answer. `why` explains to a student who chose it why it is right or wrong."""

    text: str = Field(min_length=1)
    why: str = Field(min_length=1)
    right: bool = False


class Question(FrozenModel):
    """A question with two to six options, of which exactly one is right."""

    ask: str = Field(min_length=1)
    options: tuple[Option, ...] = Field(min_length=2, max_length=6)

    @model_validator(mode="after")
    def _has_one_right_option(self) -> Self:
        if sum(option.right for option in self.options) != 1:
            raise ValueError(f"the question {self.ask!r} needs exactly one option with `right = true`")
        return self


class Quiz(FrozenModel):
    """The two or three questions of a lesson."""

    questions: tuple[Question, ...] = Field(min_length=2, max_length=3)


def quiz_in(folder: Path) -> Quiz | None:
    """The quiz in the folder of a lesson; None where there is none. Raises UsageError where the file is wrong."""
    path = folder / FILE
    return parse(Quiz, read_toml(path), path) if path.exists() else None


def quiz_html(quiz: Quiz, words: Words) -> str:
    """The quiz as one HTML form per question. Without JavaScript the explanations can be unfolded."""
    forms = "\n".join(_form(question, number, words) for number, question in enumerate(quiz.questions, start=1))
    score = '<p class="quiz-score" role="status"></p>'
    return f'<div class="quiz" data-score="{escape(words.score)}">\n{forms}\n{score}\n</div>'


def _form(question: Question, number: int, words: Words) -> str:
    options = "\n".join(
        f'<label><input type="radio" name="question-{number}" value="{letter}"'
        f' data-right="{str(option.right).lower()}"> '
        f"<span>{_text(option.text)}</span></label>\n"
        f'<p class="quiz-why" data-option="{letter}">{_text(option.why)}</p>'
        for letter, option in zip(LETTERS, question.options, strict=False)
    )
    return (
        f'<form data-right="{escape(words.right)}" data-wrong="{escape(words.wrong)}"'
        f' data-choose="{escape(words.choose)}">'
        f"<fieldset><legend>{number}. {_text(question.ask)}</legend>\n{options}\n</fieldset>"
        f'<button type="submit" class="md-button">{escape(words.check_answer)}</button>'
        f'<p class="quiz-result" role="status"></p></form>'
    )


def _text(text: str) -> str:
    return CODE.sub(lambda match: f"<code>{match[1]}</code>", escape(" ".join(text.split())))
