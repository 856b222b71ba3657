"""The errors of the application, and the one JSON shape of all error answers."""

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, create_model
from pydantic.config import JsonDict
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.core.database_errors import DATABASE_ERRORS, is_owner_gone, is_unavailable
from app.core.logs import REQUEST_ID_HEADER, request_id
from app.core.openapi import Answers, document_headers

logger = logging.getLogger(__name__)


class ApplicationError(Exception):
    """An error that the client is told: a sentence for a person and a code for a program."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    def body(self) -> "ErrorBody":
        """The body of the answer."""
        return ErrorBody(detail=self.detail, code=self.code)


class BadRequest(ApplicationError):
    """The request is not valid."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(ApplicationError):
    """The request does not prove which user sent it."""

    status = HTTPStatus.UNAUTHORIZED
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class Forbidden(ApplicationError):
    """The user is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(ApplicationError):
    """The object does not exist, or belongs to another user. The answer is the same for both."""

    status = HTTPStatus.NOT_FOUND


class Conflict(ApplicationError):
    """The request conflicts with stored data."""

    status = HTTPStatus.CONFLICT


class PayloadTooLarge(ApplicationError):
    """The body or the file is larger than its limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnprocessableContent(ApplicationError):
    """A field, such as `body.file`, has the right type, and its content is not accepted."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, code: str, detail: str, field: str) -> None:
        super().__init__(code, detail)
        self.field = field

    def body(self) -> "ErrorBody":
        error = FieldError(field=self.field, message=self.detail)
        return ValidationErrorBody(detail=self.detail, code=self.code, errors=[error])


class TooManyRequests(ApplicationError):
    """The client has sent too many requests. The header Retry-After says when it may try again."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, code: str, detail: str, seconds_to_wait: int) -> None:
        super().__init__(code, detail)
        self.headers = {"Retry-After": str(seconds_to_wait)}


class BadGateway(ApplicationError):
    """An external service that the request needs has failed."""

    status = HTTPStatus.BAD_GATEWAY


class Unavailable(ApplicationError):
    """A service that the application needs, such as the database, is unavailable."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers = MappingProxyType({"Retry-After": "5"})  # seconds


class ErrorBody(BaseModel):
    """The body of every error answer."""

    detail: str
    code: str


class FieldError(BaseModel):
    """The error of one field, such as `body.email`. It does not contain the refused value, which may be a password."""

    field: str
    message: str


class ValidationErrorBody(ErrorBody):
    """The body of a 422."""

    errors: list[FieldError]


ERROR_HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "`Bearer`: send an access token."},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "Seconds to wait."},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "Seconds to wait."},
}


def error_answers(status: HTTPStatus, *codes: str) -> Answers:
    """Documents an error answer in OpenAPI: which codes it may have, and an example of each."""
    shape: type[ErrorBody] = ErrorBody
    example: dict[str, Any] = {"detail": "A sentence for a person."}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        shape = ValidationErrorBody
        example["errors"] = [{"field": "body.email", "message": "What is wrong with this field."}]
    examples = {code: {"value": example | {"code": code}} for code in codes}
    answer = {
        "description": status.phrase,
        "model": _with_codes(shape, codes),
        "content": {"application/json": {"examples": examples}},
    }
    return {status.value: answer | document_headers(ERROR_HEADERS.get(status, {}))}


@cache
def _with_codes(shape: type[ErrorBody], codes: tuple[str, ...]) -> type[ErrorBody]:
    """The shape with an enum of codes. Client generators make a class of it, such as `ContactExists`."""
    name = "Or".join(code.title().replace("_", "") for code in codes)
    enum: JsonDict = {"enum": [*codes]}
    return create_model(name, __base__=shape, code=(str, Field(json_schema_extra=enum)))


PARAMETER_ERRORS = error_answers(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_error")
"""What OpenAPI says about a route with parameters."""
BODY_ERRORS = PARAMETER_ERRORS | error_answers(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
"""What OpenAPI says about a route that takes a body."""


def add_error_handlers(application: FastAPI) -> None:
    """Adds handlers that give every error of `application` the same shape, including unexpected ones."""
    application.add_exception_handler(ApplicationError, _application_error)
    application.add_exception_handler(RequestValidationError, _validation_error)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(StaleDataError, _vanished)
    for database_error in DATABASE_ERRORS:
        application.add_exception_handler(database_error, _database_error)
    application.add_exception_handler(Exception, _unexpected_error)


async def _application_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApplicationError)
    return _answer(error.status, error.body(), error.headers)


async def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    body = ValidationErrorBody(
        detail="Some values are missing or not allowed.",
        code="validation_error",
        errors=[FieldError(field=_field(each["loc"]), message=each["msg"]) for each in error.errors()],
    )
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, body)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """An unknown path, a method that a path does not have, a body that is no JSON: raised by the framework."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ApplicationError):  # ours, raised while the framework was reading the body
        return await _application_error(request, error.__cause__)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # the framework's word for a body that it could not even read
        unreadable = {"loc": ("body",), "msg": error.detail}
        return await _validation_error(request, RequestValidationError([unreadable]))
    status = HTTPStatus(error.status_code)
    return _answer(status, ErrorBody(detail=f"{error.detail}.", code=status.name.lower()), error.headers)


async def _vanished(request: Request, _error: Exception) -> JSONResponse:
    """A row was there when we read it and gone when we wrote it: another request has deleted it in between."""
    return await _application_error(request, NotFound("not_found", "This was deleted in the meantime."))


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    """An unavailable database is a 503. Any other error of the database is an error of our own, and a 500."""
    if is_owner_gone(error):  # another request has deleted the account after the token was read
        return await _application_error(request, Unauthorized("invalid_token", "The account of this token is gone."))
    if not is_unavailable(error):
        raise error
    logger.error("The database is unavailable", exc_info=error)
    return await _application_error(request, Unavailable("unavailable", "This does not work now. Try again later."))


async def _unexpected_error(_request: Request, _error: Exception) -> JSONResponse:
    """Does not name the cause, which may contain secrets. The server logs it after the answer is sent."""
    body = ErrorBody(detail="Something went wrong on our side.", code="internal_error")
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, body, {REQUEST_ID_HEADER: request_id.get()})


def _answer(status: HTTPStatus, body: ErrorBody, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


def _field(location: Sequence[str | int]) -> str:
    """The place of a wrong value: `("body", "email")` is `body.email`. A number is a position in unreadable JSON."""
    return ".".join(part for part in location if isinstance(part, str))
