"""Помилки: що може піти не так і як про це дізнається клієнт."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.core.database_errors import DATABASE_ERRORS, is_unavailable


class ApplicationError(Exception):
    """An error with an answer of its own."""

    status = 400
    headers: Mapping[str, str] = {}

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.body = {"code": code, "detail": detail}


class Unauthorized(ApplicationError):
    status = 401
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="contacts"'}


class NotFound(ApplicationError):
    status = 404


class Conflict(ApplicationError):
    status = 409


class PayloadTooLarge(ApplicationError):
    status = 413


class Unavailable(ApplicationError):
    status = 503
    headers: Mapping[str, str] = {"Retry-After": "3"}


def error_answers(status: int, *_codes: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says about errors: that they happen."""
    return {int(status): {"description": "Помилка"}}


PARAMETER_ERRORS = error_answers(422)
BODY_ERRORS = PARAMETER_ERRORS | error_answers(413)


def add_error_handlers(application: FastAPI) -> None:
    """Answers every error in one shape."""

    @application.exception_handler(ApplicationError)
    async def _expected(_request: Request, error: ApplicationError) -> JSONResponse:
        return JSONResponse(error.body, error.status, dict(error.headers))

    @application.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        complaints = [
            {
                "message": f"Значення не підходить: {each['type']}",
                "field": ".".join(str(part) for part in each["loc"] if isinstance(part, str)),
            }
            for each in error.errors()
        ]
        body = {"errors": complaints, "code": "invalid", "detail": f"Неправильних значень: {len(complaints)}"}
        return JSONResponse(body, 422)

    @application.exception_handler(HTTPException)
    async def _of_the_framework(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, ApplicationError):
            return await _expected(request, error.__cause__)
        body = {"code": f"http_{error.status_code}", "detail": "Так не можна."}
        return JSONResponse(body, error.status_code, error.headers)

    async def _database(request: Request, error: Exception) -> JSONResponse:
        if not is_unavailable(error):
            raise error
        return await _expected(request, Unavailable("unavailable", "База даних зараз недоступна."))

    for kind in DATABASE_ERRORS:
        application.add_exception_handler(kind, _database)

    @application.exception_handler(Exception)
    async def _bug(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"code": "bug", "detail": "Щось зламалося в нас."}, 500)
