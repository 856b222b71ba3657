"""The base of every model that crosses a boundary: files, verdicts and settings."""

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A model whose instances never change, and for which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
