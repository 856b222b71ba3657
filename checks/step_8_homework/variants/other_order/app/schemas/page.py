"""Pages: a part of a long list, and how a client asks for it."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from app.core.database import LARGEST_INTEGER

Item = TypeVar("Item")


class PageParams(BaseModel):
    """Which part of a list: at most `limit` items after the first `offset`."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] = 0


class Page(BaseModel, Generic[Item]):
    """A part of a list. `total` counts the whole list, so that a client knows how many pages there are."""

    offset: int
    limit: int
    total: int
    items: list[Item]
