"""Pages: a part of a long list, and how a client asks for it."""

from typing import Generic, TypeVar

from pydantic import BaseModel

Item = TypeVar("Item")


class PageParams(BaseModel):
    """Which part of a list: at most `limit` items after the first `offset`."""

    # TODO 1.2: the bounds. What would the database make of LIMIT -1, of an offset with thirty digits, of a client
    # that asks for a million rows? A bound that stands here answers 422 by itself, before any query.
    limit: int = 20
    offset: int = 0


class Page(BaseModel, Generic[Item]):
    """A part of a list. `total` counts the whole list, so that a client knows how many pages there are."""

    # TODO 1.2: items, total, limit and offset. `Item` stands for whatever is listed: Page[ContactRead] uses it.
