"""Pagination: a part of a long list, and its parameters."""

from typing import Generic, TypeVar

from pydantic import BaseModel

Item = TypeVar("Item")


class PageParams(BaseModel):
    """The part of a list: at most `limit` items after the first `offset` items."""

    # TODO 1.2: add the bounds. What does the database do with LIMIT -1, with an offset of thirty digits, and with a
    # limit of a million? FastAPI answers 422 outside the bounds that you declare here, before any query.
    limit: int = 20
    offset: int = 0


class Page(BaseModel, Generic[Item]):
    """A page of a list. `total` counts the whole list, so that a client can compute the number of pages."""

    # TODO 1.2: add items, total, limit and offset. `Item` is the type of the items, as in Page[ContactRead].
