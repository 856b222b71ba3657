"""The contacts of a user."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Contact, User
from app.schemas.contact import ContactCreate, ContactRead, ContactUpdate
from app.schemas.page import Page, PageParams


async def create(session: AsyncSession, owner: User, data: ContactCreate) -> Contact:
    """A new contact of `owner`. Raises Conflict if the owner has a contact with this e-mail address."""
    # TODO 1.1: create the row, add it, commit. Two requests with the same address can arrive at the same moment: both
    # select, both find no row, both insert. Only the unique constraint sees both. Which exception does it cause, and
    # which answer does the client get? The code is "contact_exists". `register` in users.py has the same problem.
    raise NotImplementedError("Task 1.1: store a new contact")


async def get(session: AsyncSession, owner: User, contact_id: int) -> Contact:
    """The contact with this id. Raises NotFound, also if it belongs to another user."""
    # TODO 1.2: one query. TODO 1.5: does the owner belong in the query, or in an `if` after it? The answer for
    # another user's contact must be the same as for a contact that does not exist. The code is
    # "contact_not_found".
    raise NotImplementedError("Task 1.2: read one contact")


async def read_page(session: AsyncSession, owner: User, page: PageParams, q: str | None = None) -> Page[ContactRead]:
    """A page of the contacts of `owner` that match `q`, or of all, ordered by name."""
    # TODO 1.2: write two queries, one for the rows of the page and one that counts all rows.
    # - Without ORDER BY the database returns rows in any order, which may differ between pages. Order by last name,
    #   then first name. What decides between two contacts with the same name?
    # - Both queries need the same conditions. How can both use one list of conditions?
    # TODO 1.3: if there is a `q`, select only contacts whose first name, last name or e-mail address contains it.
    # - Upper and lower case do not matter. SQLAlchemy's columns have methods for that.
    # - % and _ are wildcards of LIKE. What must a search for "100%" find?
    # - `owner AND (a OR b)` is not the same as `(owner AND a) OR b`.
    raise NotImplementedError("Task 1.2: read a page of contacts")


async def update(session: AsyncSession, owner: User, contact_id: int, changes: ContactUpdate) -> Contact:
    """Changes the fields that were sent. Raises NotFound, and Conflict like `create`."""
    # TODO 1.4: get the contact, set the fields that were sent, commit. Which option of `model_dump` leaves out the
    # others? A new address can cause the same conflict as in `create`: share that part of the code.
    raise NotImplementedError("Task 1.4: change a contact")


async def delete(session: AsyncSession, owner: User, contact_id: int) -> None:
    """Deletes the contact. Raises NotFound."""
    # TODO 1.5: a user may delete only their own contacts. Which function above selects by owner? What does a second
    # DELETE answer?
    raise NotImplementedError("Task 1.5: delete a contact")
