"""The contact book of a user."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Contact, User
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page, PageParams


async def create(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
    """A new contact of `owner`. Raises Conflict when they have one with this e-mail address."""
    # TODO 1.1: make the row, add it, commit. Then think of two requests with the same address at the same moment:
    # both may look, both may find nothing, both may insert. Who is the only one to see both? What does it do then,
    # and what should the client hear of it? The code is "contact_exists"; `register` in users.py has the same problem.
    raise NotImplementedError("Task 1.1: store a new contact")


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also when it is another user's."""
    # TODO 1.2: one query. TODO 1.5: where does the owner belong, into the query or into an `if` after it? Whoever asks
    # for a stranger's contact must get the very same answer as for one that never existed. The code is
    # "contact_not_found".
    raise NotImplementedError("Task 1.2: read one contact")


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner`, ordered by name; of those that match `q`, if it is given."""
    # TODO 1.2: two queries, one for the rows of the page and one that counts them all.
    # - Without an order the database may return rows as it likes, and differently for each page. By last name, then
    #   first name; and if two people have the same name?
    # - Both queries must mean the same contacts. How do you make sure that they always will?
    # TODO 1.3: if there is a `q`, only contacts whose first name, last name or e-mail address contains it.
    # - Upper and lower case do not matter. SQLAlchemy's columns have methods for that.
    # - In a LIKE pattern % and _ stand for anything. What must happen when somebody searches for "100%"?
    # - "mine, and (this or that)" is not "(mine and this) or that".
    raise NotImplementedError("Task 1.2: read a page of contacts")


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """The contact, after changing the fields that were sent. Raises NotFound, and Conflict like `create`."""
    # TODO 1.4: get the contact, set what was sent, commit. Which option of `model_dump` leaves out what was not sent?
    # Changing the address can run into the same conflict as creating: do not write that part twice.
    raise NotImplementedError("Task 1.4: change a contact")


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Removes the contact for good. Raises NotFound."""
    # TODO 1.5: whose contacts may be deleted, and which function above knows that already? What should the second
    # attempt hear?
    raise NotImplementedError("Task 1.5: delete a contact")
