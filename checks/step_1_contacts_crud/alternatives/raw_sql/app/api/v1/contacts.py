"""Contacts: HTTP, rules and SQL in one place."""
# ruff: noqa: S608 - only the names of columns are put into statements, and those are ours

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, create_model
from sqlalchemy import BigInteger, Date, RowMapping, String, TextClause, bindparam, text
from sqlalchemy.exc import IntegrityError
from typing_extensions import TypedDict

from app.api.deps import CurrentUser, SessionDep
from app.core import clock
from app.core.database import UtcDateTime
from app.core.errors import Conflict, NotFound
from app.schemas.base import Email, Text, Trimmed

router = APIRouter(prefix="/contacts", tags=["contacts"])

LARGEST = 2**63 - 1
FIELDS = ("first_name", "last_name", "email", "phone", "birthday", "notes")
COLUMNS = f"id, {', '.join(FIELDS)}, created_at, updated_at"
TYPES = {
    "id": BigInteger(),
    "owner": BigInteger(),
    "birthday": Date(),
    "notes": String(),
    "created_at": UtcDateTime(),
    "updated_at": UtcDateTime(),
}
MATCHES = " OR ".join(
    rf"lower({name}) LIKE lower(:pattern) ESCAPE '\'" for name in ("first_name", "last_name", "email")
)


def sql(statement: str) -> TextClause:
    """A statement whose parameters and columns have the types of the table, in each database."""
    clause = text(statement)
    known = [bindparam(name, type_=kind) for name, kind in TYPES.items() if f":{name}" in statement]
    return clause.bindparams(*known)


def not_in_the_future(day: date) -> date:
    assert day <= clock.today(), "not born yet"
    return day


Name = Annotated[Trimmed, StringConstraints(max_length=50)]
Phone = Annotated[Text, StringConstraints(min_length=3, max_length=32)]
Birthday = Annotated[date, AfterValidator(not_in_the_future)]
Notes = Annotated[Text, StringConstraints(max_length=500)]

NewContact = create_model(
    "NewContact",
    __config__=ConfigDict(extra="forbid"),
    first_name=Name,
    last_name=Name,
    email=Email,
    phone=Phone,
    birthday=(Birthday | None, None),
    notes=(Notes | None, None),
)


class Changes(TypedDict, total=False):
    """A dictionary has exactly the keys that were sent."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    first_name: Name
    last_name: Name
    email: Email
    phone: Phone
    birthday: Birthday | None
    notes: Notes | None


class Contact(BaseModel):
    """A row of the table."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: date | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


class Contacts(BaseModel):
    """Some rows, and how many there are."""

    items: list[Contact]
    total: int
    limit: int
    offset: int


async def rows(session: SessionDep, statement: str, **values: Any) -> list[RowMapping]:
    """What the statement returns."""
    names = {name: kind for name, kind in TYPES.items() if name != "owner"}
    clause = sql(statement).columns(**names) if COLUMNS in statement else sql(statement)
    return list((await session.execute(clause, values)).mappings())


def only(found: list[RowMapping]) -> RowMapping:
    """The row, or an answer that says that there is none."""
    if not found:
        raise NotFound("not_found", "No contact of yours has this id.")
    return found[0]


def storable(identifier: int) -> int:
    """The id, or one that no row has: the driver takes no larger ones."""
    return identifier if -LARGEST <= identifier <= LARGEST else 0


@router.post("", status_code=201, response_model=Contact)
async def create(session: SessionDep, user: CurrentUser, contact: NewContact, response: Response) -> RowMapping:
    """Adds a contact."""
    statement = f"""
        INSERT INTO contacts (owner_id, {", ".join(FIELDS)}, created_at, updated_at)
        VALUES (:owner, {", ".join(f":{name}" for name in FIELDS)}, :created_at, :updated_at)
        ON CONFLICT (owner_id, email) DO NOTHING RETURNING {COLUMNS}"""
    moment = clock.now()
    values = {**contact.model_dump(), "owner": user.id, "created_at": moment, "updated_at": moment}
    created = await rows(session, statement, **values)
    await session.commit()
    if not created:
        raise Conflict("contact_exists", "You know somebody with this address already.")
    response.headers["location"] = f"/api/v1/contacts/{created[0]['id']}"
    return created[0]


@router.get("")
async def read_all(
    session: SessionDep,
    user: CurrentUser,
    q: Annotated[Text, Query()] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Contacts:
    """Lists contacts."""
    escaped = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in q)
    where = f"FROM contacts WHERE owner_id = :owner AND ({MATCHES})"
    values: dict[str, Any] = {"owner": user.id, "pattern": f"%{escaped}%"}
    counted = await rows(session, f"SELECT count(*) AS total {where}", **values)
    statement = f"SELECT {COLUMNS} {where} ORDER BY last_name, first_name, id LIMIT :limit OFFSET :offset"
    found = await rows(session, statement, **values, limit=limit, offset=min(offset, LARGEST))
    items = [Contact.model_validate(dict(row)) for row in found]
    return Contacts(items=items, total=counted[0]["total"], limit=limit, offset=offset)


@router.get("/{identifier}", response_model=Contact)
async def read(session: SessionDep, user: CurrentUser, identifier: int) -> RowMapping:
    """Shows a contact."""
    statement = f"SELECT {COLUMNS} FROM contacts WHERE id = :id AND owner_id = :owner"
    return only(await rows(session, statement, id=storable(identifier), owner=user.id))


@router.patch("/{identifier}", response_model=Contact)
async def change(
    session: SessionDep, user: CurrentUser, identifier: int, changes: Annotated[Changes, Body()]
) -> RowMapping:
    """Changes a contact in one statement."""
    if not changes:
        return await read(session, user, identifier)
    sets = ", ".join(f"{name} = :{name}" for name in changes)
    statement = f"""
        UPDATE contacts SET {sets}, updated_at = :updated_at
        WHERE id = :id AND owner_id = :owner RETURNING {COLUMNS}"""
    values = {**changes, "id": storable(identifier), "owner": user.id, "updated_at": clock.now()}
    try:
        changed = await rows(session, statement, **values)
        await session.commit()
    except IntegrityError:
        raise Conflict("contact_exists", "You know somebody with this address already.") from None
    return only(changed)


@router.delete("/{identifier}", status_code=204)
async def delete(session: SessionDep, user: CurrentUser, identifier: int) -> None:
    """Removes a contact."""
    statement = "DELETE FROM contacts WHERE id = :id AND owner_id = :owner RETURNING id"
    deleted = await rows(session, statement, id=storable(identifier), owner=user.id)
    await session.commit()
    only(deleted)
