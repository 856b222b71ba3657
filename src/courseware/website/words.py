"""The words of generated parts of pages, in each language of the site."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Words in one language. Texts with braces are filled with `str.format`."""

    minutes: str
    points: str
    step: str
    planned: str
    output: str
    output_of: str
    output_note: str
    mistakes: str
    mistakes_note: str
    mistakes_of: str
    check_says: str
    causes: str
    quiz: str
    quiz_note: str
    check_answer: str
    right: str
    wrong: str
    choose: str
    score: str
    not_translated: str


ENGLISH = Words(
    minutes="about {} minutes",
    points="{} points",
    step="Step {}",
    planned="in preparation",
    output="What the examples print",
    output_of="Output of {}",
    output_note="A test runs each example and compares what it prints with this text. "
    "Times and random values differ in each run.",
    mistakes="Mistakes that the checks know",
    mistakes_note="Each of these mistakes was made on purpose. `course verify` proves that the named check notices it. "
    "Read them after your own attempt: they say what goes wrong, and so they say much about a task.",
    mistakes_of="Task {}: {}",
    check_says="The check that tells",
    causes="What causes it to fail",
    quiz="Test yourself",
    quiz_note="The answers stay in your browser. They give no points.",
    check_answer="Check my answer",
    right="Right.",
    wrong="Not quite.",
    choose="Choose an answer first.",
    score="{right} of {all} right",
    not_translated="",
)
UKRAINIAN = Words(
    minutes="близько {} хвилин",
    points="балів: {}",
    step="Крок {}",
    planned="готується",
    output="Що друкують приклади",
    output_of="Вивід {}",
    output_note="Тест запускає кожен приклад і порівнює його вивід із цим текстом. "
    "Час і випадкові значення щоразу інші.",
    mistakes="Помилки, які знають перевірки",
    mistakes_note="Кожну з цих помилок зроблено навмисно. `course verify` доводить, що названа перевірка її помічає. "
    "Читайте їх після власної спроби: вони багато розповідають про завдання.",
    mistakes_of="Завдання {}: {}",
    check_says="Перевірка, яка це показує",
    causes="Чому вона не проходить",
    quiz="Перевірте себе",
    quiz_note="Відповіді залишаються у вашому браузері. Балів за них немає.",
    check_answer="Перевірити відповідь",
    right="Правильно.",
    wrong="Не зовсім.",
    choose="Спершу виберіть відповідь.",
    score="Правильних відповідей: {right} із {all}",
    not_translated="Цієї сторінки ще немає українською, тому нижче вона англійською.",
)
LANGUAGES = {"en": ENGLISH, "uk": UKRAINIAN}
