"""What a contact may be made of."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError

from app.core.config import get_settings
from app.schemas import base
from app.schemas.base import LONGEST_EMAIL, normalize_email
from app.schemas.contact import ContactCreate, ContactUpdate
from tests.examples import contact


def refused(error: pytest.ExceptionInfo[ValidationError]) -> set[Any]:
    return {each["loc"][0] for each in error.value.errors()}


def test_a_whole_contact_is_accepted_as_it_is() -> None:
    assert ContactCreate(**contact()).model_dump(mode="json") == contact()


def test_birthday_and_notes_may_be_left_out() -> None:
    given = contact()
    del given["birthday"], given["notes"]
    created = ContactCreate(**given)
    assert (created.birthday, created.notes) == (None, None)


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone"])
def test_the_other_fields_are_required(field: str) -> None:
    given = contact()
    del given[field]
    with pytest.raises(ValidationError) as error:
        ContactCreate(**given)
    assert refused(error) == {field}


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("first_name", "  Олена \t", "Олена"),
        ("first_name", "O", "O"),
        ("first_name", "Anna\N{ZERO WIDTH JOINER}", "Anna\N{ZERO WIDTH JOINER}"),
        ("first_name", " " + "ї" * 50, "ї" * 50),
        ("last_name", "O'Brien", "O'Brien"),
        ("last_name", "string", "string"),
        ("email", "Olena.KOVALENKO@Example.COM", "olena.kovalenko@example.com"),
        ("email", "nobody@no-such-domain-here.com", "nobody@no-such-domain-here.com"),
        ("phone", " 101 ", "101"),
        ("phone", "0" * 32, "0" * 32),
        ("birthday", "2000-02-29", date(2000, 2, 29)),
        ("birthday", None, None),
        ("notes", " kept as typed\n", " kept as typed\n"),
        ("notes", "ї" * 500, "ї" * 500),
        ("notes", "", ""),
    ],
)
def test_right_values_are_stored_like_this(field: str, value: object, stored: object) -> None:
    assert getattr(ContactCreate(**contact(**{field: value})), field) == stored
    assert getattr(ContactUpdate.model_validate({field: value}), field) == stored


WRONG = [
    ("first_name", ""),
    ("first_name", " \t\n"),
    ("first_name", "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"),
    ("first_name", "\N{ZERO WIDTH SPACE}"),
    ("first_name", "\x1c"),
    ("first_name", "x" * 51),
    ("first_name", 5),
    ("first_name", None),
    ("first_name", "a\0b"),
    ("first_name", "\ud800"),
    ("last_name", "   "),
    ("last_name", "x" * 51),
    ("last_name", None),
    ("email", "olena"),
    ("email", "olena@"),
    ("email", "@example.com"),
    ("email", "olena@exa mple.com"),
    ("email", "Olena <olena@example.com>"),
    ("email", f"{'x' * 64}@{'y' * 63}.{'y' * 63}.{'y' * 63}.com"),
    ("email", "x" * 100_000 + "@example.com"),
    ("email", None),
    ("phone", "12"),
    ("phone", " 1 "),
    ("phone", "0" * 33),
    ("phone", None),
    ("birthday", "2001-02-29"),
    ("birthday", "24.08.1991"),
    ("birthday", "1991-08-24T00:00:00"),
    ("birthday", "19910824"),
    ("birthday", "0000-01-01"),
    ("birthday", "1991-08-24 "),
    ("birthday", "١٩٩١-٠٨-٢٤"),
    ("birthday", 683_000_000),
    ("birthday", ""),
    ("birthday", True),
    ("notes", "x" * 501),
    ("notes", "a\0b"),
    ("notes", ["x"]),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_wrong_values_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as error:
        ContactCreate(**contact(**{field: value}))
    assert refused(error) == {field}
    with pytest.raises(ValidationError) as error:
        ContactUpdate.model_validate({field: value})
    assert refused(error) == {field}


@pytest.mark.parametrize("value", ["olena(@example.com", "o..lena@example.com", "olena@exa_mple!.com"])
def test_the_complaint_about_an_address_quotes_nothing_of_it(value: str) -> None:
    with pytest.raises(ValidationError) as error:
        ContactCreate(**contact(email=value))
    assert [each["msg"] for each in error.value.errors()] == ["This is not an e-mail address"]


@pytest.mark.parametrize("field", ["surname", "id", "owner_id", "created_at"])
def test_unknown_fields_are_refused(field: str) -> None:
    with pytest.raises(ValidationError) as error:
        ContactCreate(**contact(**{field: 1}))
    assert refused(error) == {field}
    with pytest.raises(ValidationError) as error:
        ContactUpdate.model_validate({field: 1})
    assert refused(error) == {field}


def test_a_birthday_may_be_today_and_not_tomorrow() -> None:
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False):
        assert ContactCreate(**contact(birthday="2027-03-01")).birthday == date(2027, 3, 1)
        with pytest.raises(ValidationError, match="not in the future"):
            ContactCreate(**contact(birthday="2027-03-02"))


def test_which_day_is_today_depends_on_the_time_zone(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("TIME_ZONE", "Pacific/Auckland")
    get_settings.cache_clear()
    with time_machine.travel(datetime(2027, 3, 1, 23, tzinfo=UTC), tick=False):
        assert ContactCreate(**contact(birthday="2027-03-02")).birthday == date(2027, 3, 2)


def test_a_change_holds_only_what_was_sent() -> None:
    changes = ContactUpdate.model_validate({"phone": "112", "notes": None})
    assert changes.model_dump(exclude_unset=True) == {"phone": "112", "notes": None}
    assert ContactUpdate.model_validate({}).model_dump(exclude_unset=True) == {}


def test_an_address_may_be_as_long_as_addresses_get() -> None:
    domain = ".".join(["d" * 61] * 3 + ["example"])
    longest = f"{'a' * (LONGEST_EMAIL - 1 - len(domain))}@{domain}"
    assert ContactCreate(**contact(email=longest)).email == longest
    with pytest.raises(ValidationError) as error:
        ContactCreate(**contact(email=f"a{longest}"))
    assert refused(error) == {"email"}


def test_a_text_that_is_too_long_for_an_address_is_not_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    """The login form limits no user name, and to normalize a megabyte of accents takes minutes in the event loop."""
    monkeypatch.setattr(base, "validate_email", lambda *_, **__: pytest.fail("the whole text was read"))
    with pytest.raises(ValueError, match="too long"):
        normalize_email("a" * LONGEST_EMAIL + "@example.com")
