"""The rules of the address book."""

from dataclasses import dataclass
from typing import Annotated, NoReturn

from fastapi import Depends
from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.exc import IntegrityError

from app.api.deps import CurrentUser, SessionDep
from app.core.errors import Conflict, NotFound
from app.models import Person
from app.schemas.person import PersonForm, WholePersonForm


@dataclass
class Page:
    """What was cut out of a longer list, and the length of that list."""

    people: list[Person]
    of: int


class AddressBook:
    """The people whom one user knows."""

    def __init__(self, database: SessionDep, holder: CurrentUser) -> None:
        self.database = database
        self.holder_number = holder.id

    async def enter(self, form: WholePersonForm) -> Person:
        person = Person(**form.model_dump(), holder_number=self.holder_number)
        self.database.add(person)
        await self._write()
        return person

    async def browse(self, words: str, at_most: int, after: int) -> Page:
        mine = Person.holder_number == self.holder_number
        searched = (Person.given, Person.family, Person.mail)
        if words:
            needle = func.lower(literal(words.replace("\0", "\ufffd")))
            pattern = func.replace(func.replace(func.replace(needle, "!", "!!"), "%", "!%"), "_", "!_")
            around = literal("%") + pattern + literal("%")
            mine = and_(mine, or_(*(func.lower(column).like(around, escape="!") for column in searched)))
        how_many = await self.database.scalar(select(func.count(Person.number)).where(mine))
        if after >= (how_many or 0):
            return Page([], how_many or 0)
        rows = select(Person).where(mine).order_by(Person.family, Person.given, Person.number)
        return Page(list(await self.database.scalars(rows.limit(at_most).offset(after))), how_many or 0)

    async def find(self, number: str) -> Person:
        if not number.isascii() or not number.isdecimal() or len(number) > 18:
            nobody()
        person = await self.database.get(Person, int(number))
        if person is None or person.holder_number != self.holder_number:
            nobody()
        return person

    async def amend(self, number: str, form: PersonForm) -> Person:
        person = await self.find(number)
        for name in form.model_fields_set:
            setattr(person, name, getattr(form, name))
        await self._write()
        return person

    async def erase(self, number: str) -> None:
        await self.database.delete(await self.find(number))
        await self._write()

    async def _write(self) -> None:
        try:
            await self.database.commit()
        except IntegrityError as error:
            raise Conflict("contact_exists", "Ця адреса вже є у вашій книзі.") from error


def nobody() -> NoReturn:
    """Says that there is no such person."""
    raise NotFound("nobody", "Такої людини у вашій книзі немає.")


Book = Annotated[AddressBook, Depends()]
