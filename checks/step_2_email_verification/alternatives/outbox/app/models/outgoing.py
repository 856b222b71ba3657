"""The table of messages that still have to go out."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Identifier


class Outgoing(Base):
    """A message to a user. The link is made when it goes out, so that no token lies in the database."""

    __tablename__ = "outgoing"

    id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254))
    attempts: Mapped[int] = mapped_column(default=0)
