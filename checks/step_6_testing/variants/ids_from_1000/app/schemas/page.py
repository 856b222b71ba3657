"""Pagination: a part of a long list, and its parameters."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from app.core.database import LARGEST_INTEGER

Item = TypeVar("Item")


class PageParams(BaseModel):
    """The part of a list: at most `limit` items after the first `offset` items."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] = 0


class Page(BaseModel, Generic[Item]):
    """A page of a list. `total` counts the whole list, so that a client can compute the number of pages."""

    total: int
    offset: int
    limit: int
    items: list[Item]
