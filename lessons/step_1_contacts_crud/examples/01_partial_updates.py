"""What a table that many people edit needs, each thing shown next to what goes wrong without it.

Run it with `python 01_partial_updates.py`. It needs no server, no network and no files: the database is SQLite in
memory and the model is a toy. It ends with 0 if all that it claims holds, and with 1 if something does not.

The session here is a plain one, so that the example stays short. The statements are the same in the application;
there they are run with `await`.
"""

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import MISSING, BaseModel, ConfigDict, ValidationError
from sqlalchemy import QueuePool, Select, UniqueConstraint, create_engine, delete, event, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Claims = dict[str, bool]
"""What a chapter claims, in words, and whether it was so when the chapter ran."""


# -------------------------------------------------------------------------------------------------------- the toy model


class Base(DeclarativeBase):
    """The base of both tables."""


class Contact(Base):
    """A contact in somebody's address book. The database itself refuses the same e-mail twice per owner."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("owner", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]
    notes: Mapped[str | None]


class UnguardedContact(Base):
    """The same without a constraint: only the code in front of it looks for duplicates."""

    __tablename__ = "unguarded_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    email: Mapped[str]


@contextmanager
def new_database(lower: Callable[[str], str] | None = None) -> Iterator[Session]:
    """A session on a fresh database with empty tables. `lower` takes the place of SQLite's own lower()."""
    engine = create_engine("sqlite://")
    if lower is not None:
        event.listen(engine, "connect", lambda connection, _: connection.create_function("lower", 1, lower))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def add_contacts(session: Session, owner: str, *people: tuple[str, str]) -> list[Contact]:
    """Saves a contact of `owner` for each first and last name. The addresses are a@, b@, c@ ..."""
    contacts = [
        Contact(owner=owner, first_name=first, last_name=last, email=f"{letter}@example.com", notes=None)
        for letter, (first, last) in zip("abcdefgh", people, strict=False)
    ]
    session.add_all(contacts)
    session.commit()
    return contacts


# ------------------------------------------------------------------------------------------------ sent, null and absent


class CarelessUpdate(BaseModel):
    """`= None` was meant as "may be left out". It also says "may be null"."""

    email: str | None = None
    notes: str | None = None


class ContactUpdate(BaseModel):
    """A field that was not sent holds MISSING, which no client can send. Only `notes` may be null."""

    model_config = ConfigDict(extra="forbid")

    email: str | MISSING = MISSING
    notes: str | MISSING | None = MISSING


def sent_null_and_absent() -> Claims:
    """A PATCH body: a field that was sent, one that is null, one that is absent"""
    rows = []
    for body in ({"email": "o@x.ua"}, {"notes": None}, {"email": None}, {}, {"mail": "o@x.ua"}):
        try:
            understood = json.dumps(ContactUpdate.model_validate(body).model_dump(exclude_unset=True))
        except ValidationError as error:
            understood = f"422: {error.errors()[0]['type']}"
        rows.append((json.dumps(body), json.dumps(CarelessUpdate.model_validate(body).model_dump()), understood))
    print_table(("the client sends", "careless: model_dump()", "exclude_unset=True"), rows)
    understood_of = {sent: understood for sent, _, understood in rows}
    return {
        "an absent field and a null are different things": understood_of["{}"] != understood_of['{"notes": null}'],
        "null is refused where the field is required": understood_of['{"email": null}'].startswith("422"),
        "{} asks for no change and is fine": understood_of["{}"] == "{}",
    }


def change_in_the_table() -> Claims:
    """What each of the two does to the row when the client sends {"email": "o@x.ua"}"""
    rows, notes_after = [], {}
    for name, model, only_sent in (("careless", CarelessUpdate, False), ("exclude_unset", ContactUpdate, True)):
        with new_database() as session:
            contact = add_contacts(session, "ann", ("Olha", "Kovalenko"))[0]
            contact.notes = "met in Lviv"
            session.commit()
            before = f"{contact.email}, {contact.notes}"
            sent = model.model_validate({"email": "o@x.ua"})
            for field, value in sent.model_dump(exclude_unset=only_sent).items():
                setattr(contact, field, value)
            session.commit()
            rows.append((name, before, f"{contact.email}, {contact.notes}"))
            notes_after[name] = contact.notes
    print_table(("update", "email, notes before", "and after"), rows)
    return {
        "the careless update wiped the notes, which nobody had mentioned": notes_after["careless"] is None,
        "with exclude_unset the notes stay": notes_after["exclude_unset"] == "met in Lviv",
    }


# --------------------------------------------------------------------------------------------------------------- search


def matching(query: str, *, escaped: bool) -> Select[str]:
    """The first names of Ann's contacts that contain `query`, whatever the case of the letters."""
    name = Contact.first_name
    found = name.icontains(query, autoescape=True) if escaped else name.ilike(f"%{query}%")
    return select(name).where(Contact.owner == "ann", found).order_by(Contact.id)


def text_in_a_pattern() -> Claims:
    """Search: % and _ mean something in a pattern, and a user's text may hold them"""
    found: dict[tuple[str, bool], Sequence[str]] = {}
    with new_database() as session:
        add_contacts(session, "ann", ("Annika", "Berg"), ("ANN_MARIE", "Duval"), ("100% Print", "Ltd"))
        for query in ("ann", "n_i", "%", "_"):
            for escaped in (False, True):
                found[query, escaped] = session.scalars(matching(query, escaped=escaped)).all()
    print_table(
        ("q", "ilike(f'%{q}%')", "icontains(q, autoescape=True)"),
        [
            (query, *(", ".join(found[query, escaped]) for escaped in (False, True)))
            for query in ("ann", "n_i", "%", "_")
        ],
    )
    return {
        "without escaping, % and _ find everybody": len(found["%", False]) == len(found["_", False]) == 3,
        "escaped, % finds the percent sign": found["%", True] == ["100% Print"],
        "escaped, _ finds the underscore": found["_", True] == ["ANN_MARIE"],
        "both ignore the case of Latin letters": found["ann", True] == found["ann", False] == ["Annika", "ANN_MARIE"],
    }


def any_alphabet() -> Claims:
    """Search: SQLite's own lower() knows the letters A to Z and no others"""
    rows, found = [], {}
    for name, lower in (("SQLite's lower()", None), ("Python's str.lower", str.lower)):
        with new_database(lower) as session:
            add_contacts(session, "ann", ("Олена", "Коваль"), ("Oleh", "Bondar"))
            for query in ("OLEH", "олена", "ОЛЕНА"):
                found[name, query] = session.scalars(matching(query, escaped=True)).all()
        rows.append((name, *(", ".join(found[name, query]) or "nobody" for query in ("OLEH", "олена", "ОЛЕНА"))))
    print_table(("letters compared by", "q=OLEH", "q=олена", "q=ОЛЕНА"), rows)
    return {
        "SQLite as it comes finds Oleh in any case, but not Олена": (
            found["SQLite's lower()", "OLEH"] == ["Oleh"] and not found["SQLite's lower()", "олена"]
        ),
        "with Python's lower() every alphabet works": (
            found["Python's str.lower", "олена"] == found["Python's str.lower", "ОЛЕНА"] == ["Олена"]
        ),
    }


# ---------------------------------------------------------------------------------------------------------------- pages


def three_pages(*order: Any) -> list[list[str]]:
    """Reads six contacts in pages of two. After the first page somebody edits an e-mail address on it."""
    with new_database() as session:
        family = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Finn")
        contacts = add_contacts(session, "ann", *((first, "Kovalenko") for first in family))
        statement = select(Contact.first_name).where(Contact.owner == "ann").order_by(*order).limit(2)
        pages = [list(session.scalars(statement.offset(0)))]
        contacts[0].email = "zoe@example.com"
        session.commit()
        return pages + [list(session.scalars(statement.offset(offset))) for offset in (2, 4)]


def pages_and_order() -> Claims:
    """Pages of two; after page 1 somebody edits an e-mail address"""
    orders: dict[str, tuple[Any, ...]] = {
        "(none)": (),
        "last_name": (Contact.last_name,),
        "last_name, first_name, id": (Contact.last_name, Contact.first_name, Contact.id),
    }
    rows, seen = [], {}
    for name, order in orders.items():
        pages = three_pages(*order)
        seen[name] = [person for page in pages for person in page]
        verdict = "each once" if len(set(seen[name])) == 6 else "1 lost, 1 twice"
        rows.append((name, *(", ".join(page) for page in pages), verdict))
    print_table(("ORDER BY", "page 1", "page 2", "page 3", "so it showed"), rows)
    return {
        "without an order a contact is lost between two pages": len(set(seen["(none)"])) == 5,
        "an order with ties is no better: all six are called Kovalenko": len(set(seen["last_name"])) == 5,
        "an order that ends in the id shows each exactly once": len(set(seen["last_name, first_name, id"])) == 6,
    }


# ------------------------------------------------------------------------------------------------------------ ownership


def whose_contact() -> Claims:
    """Boris tries the id of a contact of Ann's, and an id that nobody has"""
    with new_database() as session:
        of_ann = add_contacts(session, "ann", ("Olena", "Koval"))[0].id
        ids = {"Ann's contact": of_ann, "no contact": of_ann + 1}
        by_id = {name: session.get(Contact, contact_id) is not None for name, contact_id in ids.items()}
        read, changed, deleted = {}, {}, {}
        for name, contact_id in ids.items():
            of_boris = (Contact.id == contact_id, Contact.owner == "boris")
            read[name] = session.scalar(select(Contact.id).where(*of_boris)) is not None
            changed[name] = bool(
                session.scalars(update(Contact).where(*of_boris).values(notes="!").returning(Contact.id)).all()
            )
            deleted[name] = bool(session.scalars(delete(Contact).where(*of_boris).returning(Contact.id)).all())
        still_there = session.get(Contact, of_ann) is not None
    asked = (
        ("session.get(Contact, id)", by_id),
        ("select ... where id and owner", read),
        ("update ... where id and owner", changed),
        ("delete ... where id and owner", deleted),
    )
    print_table(
        ("asked by Boris", *ids),
        [(name, *("a row" if result[key] else "nothing -> 404" for key in ids)) for name, result in asked],
    )
    return {
        "a look-up by id alone hands Ann's contact to Boris": by_id["Ann's contact"],
        "with the owner in the WHERE clause Boris reaches nothing": not any(
            result["Ann's contact"] for result in (read, changed, deleted)
        )
        and still_there,
        "and a foreign id looks exactly like an unknown one": all(
            result["Ann's contact"] == result["no contact"] for result in (read, changed, deleted)
        ),
    }


# --------------------------------------------------------------------------------------------------------------- a race


def two_requests(table: type[Contact] | type[UnguardedContact]) -> tuple[list[str], int]:
    """Two requests save the same address at once: both look, then both insert. Their answers, and the rows after it."""
    values = {"owner": "ann", "email": "olena@example.com", "first_name": "Olena", "last_name": "Koval"}
    values = {name: value for name, value in values.items() if hasattr(table, name)}
    engine = create_engine("sqlite:///file:race?mode=memory&cache=shared&uri=true", poolclass=QueuePool)
    Base.metadata.create_all(engine)
    answers = []
    with Session(engine) as first, Session(engine) as second:
        same = select(func.count()).where(table.owner == "ann", table.email == values["email"])
        looked = [(request, request.scalar(same) == 0) for request in (first, second)]
        for request, is_free in looked:
            request.rollback()
            answers.append(insert(request, table(**values)) if is_free else "409")
        rows = first.scalar(same) or 0
    engine.dispose()
    return answers, rows


def insert(session: Session, row: Contact | UnguardedContact) -> str:
    """The status of the answer. The constraint speaks at the commit, and after that the session needs a rollback."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return "409"
    return "201"


def two_at_once() -> Claims:
    """Two requests for the same e-mail: both look, both find nothing, both insert"""
    unguarded_answers, unguarded_rows = two_requests(UnguardedContact)
    guarded_answers, guarded_rows = two_requests(Contact)
    print_table(
        ("table", "first request", "second request", "rows after it"),
        [
            ("looks before it inserts", *unguarded_answers, str(unguarded_rows)),
            ("UNIQUE (owner, email)", *guarded_answers, str(guarded_rows)),
        ],
    )
    return {
        "looking first does not help: both saw a free address": unguarded_rows == 2,
        "the constraint lets one through and the other becomes a 409": guarded_answers == ["201", "409"],
        "and the table holds the contact once": guarded_rows == 1,
    }


# --------------------------------------------------------------------------------------------------------------- output

CHAPTERS: tuple[Callable[[], Claims], ...] = (
    sent_null_and_absent,
    change_in_the_table,
    text_in_a_pattern,
    any_alphabet,
    pages_and_order,
    whose_contact,
    two_at_once,
)


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table with a frame, each column as wide as its widest text."""
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruler = ["─" * (width + 2) for width in widths]
    print("┌" + "┬".join(ruler) + "┐")
    for number, line in enumerate(lines):
        print("│" + "│".join(f" {text:<{width}} " for text, width in zip(line, widths, strict=True)) + "│")
        if number == 0:
            print("├" + "┼".join(ruler) + "┤")
    print("└" + "┴".join(ruler) + "┘")


def main() -> int:
    """Runs every chapter and says which of its claims hold. 1 if one does not."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    wrong = 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        print(f"\n{number}. {chapter.__doc__}\n")
        for claim, holds in chapter().items():
            print(f"{'✓' if holds else '✗ NOT SO:'} {claim}")
            wrong += not holds
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
