"""Contacts that many users edit at once: each right variant runs next to a wrong one.

Run it with `python 01_partial_updates.py`. It needs no server, no network and no files: the database is SQLite in
memory, and the table is a toy. It exits with 0 if every claim that it prints is true, and with 1 otherwise.

The session is synchronous, so that the example stays short. The application runs the same statements with `await`.
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
"""The claims of a chapter, and whether each of them was true when the chapter ran."""


# -------------------------------------------------------------------------------------------------------- the toy model


class Base(DeclarativeBase):
    """The base class of both tables."""


class Contact(Base):
    """A contact with its owner. The database refuses a second contact with the same owner and e-mail address."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("owner", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]
    notes: Mapped[str | None]


class UnguardedContact(Base):
    """The same table without a constraint: only the code searches for duplicates."""

    __tablename__ = "unguarded_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    email: Mapped[str]


@contextmanager
def new_database(lower: Callable[[str], str] | None = None) -> Iterator[Session]:
    """Opens a session on a new database with empty tables. `lower` replaces SQLite's own function lower()."""
    engine = create_engine("sqlite://")
    if lower is not None:
        event.listen(engine, "connect", lambda connection, _: connection.create_function("lower", 1, lower))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def add_contacts(session: Session, owner: str, *people: tuple[str, str]) -> list[Contact]:
    """Saves a contact of `owner` for each first and last name. The e-mail addresses are a@, b@, c@ ..."""
    contacts = [
        Contact(owner=owner, first_name=first, last_name=last, email=f"{letter}@example.com", notes=None)
        for letter, (first, last) in zip("abcdefgh", people, strict=False)
    ]
    session.add_all(contacts)
    session.commit()
    return contacts


# ------------------------------------------------------------------------------------------------ sent, null and absent


class CarelessUpdate(BaseModel):
    """The author meant `= None` as "may be absent". With this type it also means "may be null"."""

    email: str | None = None
    notes: str | None = None


class ContactUpdate(BaseModel):
    """A field that was not sent has the value MISSING, which no client can send. Only `notes` may be null."""

    model_config = ConfigDict(extra="forbid")

    email: str | MISSING = MISSING
    notes: str | MISSING | None = MISSING


def sent_null_and_absent() -> Claims:
    """The three states of a field in a PATCH body: sent, null, absent"""
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
        "an absent field and a null field are different": understood_of["{}"] != understood_of['{"notes": null}'],
        "null is refused where the field is required": understood_of['{"email": null}'].startswith("422"),
        "the body {} is valid and requests no change": understood_of["{}"] == "{}",
    }


def change_in_the_table() -> Claims:
    """The request {"email": "o@x.ua"}: the row before and after it, with both models"""
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
        "the careless update deleted the notes, which were not in the request": notes_after["careless"] is None,
        "with exclude_unset the notes stay": notes_after["exclude_unset"] == "met in Lviv",
    }


# --------------------------------------------------------------------------------------------------------------- search


def matching(query: str, *, escaped: bool) -> Select[str]:
    """Selects the first names of Ann's contacts that contain `query`. The case of letters is ignored."""
    name = Contact.first_name
    found = name.icontains(query, autoescape=True) if escaped else name.ilike(f"%{query}%")
    return select(name).where(Contact.owner == "ann", found).order_by(Contact.id)


def text_in_a_pattern() -> Claims:
    """Search: % and _ are wildcards of LIKE, and a user's text may contain them"""
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
        "without escaping, % and _ find all contacts": len(found["%", False]) == len(found["_", False]) == 3,
        "escaped, % finds the percent sign": found["%", True] == ["100% Print"],
        "escaped, _ finds the underscore": found["_", True] == ["ANN_MARIE"],
        "both variants ignore the case of Latin letters": found["ann", True]
        == found["ann", False]
        == ["Annika", "ANN_MARIE"],
    }


def any_alphabet() -> Claims:
    """Search: SQLite's own lower() converts only the letters A to Z"""
    rows, found = [], {}
    for name, lower in (("SQLite's lower()", None), ("Python's str.lower", str.lower)):
        with new_database(lower) as session:
            add_contacts(session, "ann", ("Олена", "Коваль"), ("Oleh", "Bondar"))
            for query in ("OLEH", "олена", "ОЛЕНА"):
                found[name, query] = session.scalars(matching(query, escaped=True)).all()
        rows.append((name, *(", ".join(found[name, query]) or "(none)" for query in ("OLEH", "олена", "ОЛЕНА"))))
    print_table(("letters compared by", "q=OLEH", "q=олена", "q=ОЛЕНА"), rows)
    return {
        "SQLite's own lower() finds Oleh in any case, but not Олена": (
            found["SQLite's lower()", "OLEH"] == ["Oleh"] and not found["SQLite's lower()", "олена"]
        ),
        "with Python's str.lower every alphabet works": (
            found["Python's str.lower", "олена"] == found["Python's str.lower", "ОЛЕНА"] == ["Олена"]
        ),
    }


# ---------------------------------------------------------------------------------------------------------------- pages


def three_pages(*order: Any) -> list[list[str]]:
    """Reads six contacts in pages of two. After page 1, another request edits an e-mail address on that page."""
    with new_database() as session:
        family = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Finn")
        contacts = add_contacts(session, "ann", *((first, "Kovalenko") for first in family))
        statement = select(Contact.first_name).where(Contact.owner == "ann").order_by(*order).limit(2)
        pages = [list(session.scalars(statement.offset(0)))]
        contacts[0].email = "zoe@example.com"
        session.commit()
        return pages + [list(session.scalars(statement.offset(offset))) for offset in (2, 4)]


def pages_and_order() -> Claims:
    """Pages of two contacts. After page 1, another request edits an e-mail address"""
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
    print_table(("ORDER BY", "page 1", "page 2", "page 3", "result"), rows)
    return {
        "without an order, one contact appears on no page": len(set(seen["(none)"])) == 5,
        "an order with equal rows has the same problem: all six are called Kovalenko": len(set(seen["last_name"])) == 5,
        "an order that ends in the id shows each contact exactly once": len(set(seen["last_name, first_name, id"]))
        == 6,
    }


# ------------------------------------------------------------------------------------------------------------ ownership


def whose_contact() -> Claims:
    """Boris requests the id of a contact of Ann's, and an id that does not exist"""
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
        ("statement for Boris", *ids),
        [(name, *("a row" if result[key] else "no row -> 404" for key in ids)) for name, result in asked],
    )
    return {
        "a query by id alone returns Ann's contact to Boris": by_id["Ann's contact"],
        "with the owner in the WHERE clause, Boris reaches no contact of Ann's": not any(
            result["Ann's contact"] for result in (read, changed, deleted)
        )
        and still_there,
        "the results for Ann's id and for an unknown id are equal": all(
            result["Ann's contact"] == result["no contact"] for result in (read, changed, deleted)
        ),
    }


# --------------------------------------------------------------------------------------------------------------- a race


def two_requests(table: type[Contact] | type[UnguardedContact]) -> tuple[list[str], int]:
    """Lets two requests select, then insert, the same address. Returns their answers and the number of rows."""
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
    """Returns the status of the answer. After a refused commit, the session needs a rollback."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return "409"
    return "201"


def two_at_once() -> Claims:
    """Two requests at once save one e-mail address: both select, then both insert"""
    unguarded_answers, unguarded_rows = two_requests(UnguardedContact)
    guarded_answers, guarded_rows = two_requests(Contact)
    print_table(
        ("table", "first request", "second request", "rows afterwards"),
        [
            ("SELECT before INSERT", *unguarded_answers, str(unguarded_rows)),
            ("UNIQUE (owner, email)", *guarded_answers, str(guarded_rows)),
        ],
    )
    return {
        "a SELECT before the INSERT does not help: both requests found no row": unguarded_rows == 2,
        "the constraint accepts one request, and the other answers 409": guarded_answers == ["201", "409"],
        "the table contains the contact once": guarded_rows == 1,
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
    """Prints a table with a frame. Each column is as wide as its widest text."""
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
    """Runs every chapter and prints its claims. Returns the exit code: 1 if a claim is false."""
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
