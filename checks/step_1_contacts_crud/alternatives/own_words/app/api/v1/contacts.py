"""The address book over HTTP."""

from http import HTTPStatus

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response

from app.schemas.person import Card, CardBox, PersonForm, WholePersonForm
from app.services.address_book import Book

router = APIRouter(tags=["Адресна книга"])


@router.post("/contacts", status_code=HTTPStatus.CREATED, response_model=Card)
async def enter_person(book: Book, form: WholePersonForm, request: Request) -> JSONResponse:
    """Записати людину."""
    card = Card.model_validate(await book.enter(form))
    address = request.url_for("show_person", number=str(card.number))
    return JSONResponse(jsonable_encoder(card), HTTPStatus.CREATED, {"Location": str(address)})


@router.get("/contacts")
async def browse_people(
    book: Book, q: str = "", limit: int = Query(20, gt=0, lt=101), offset: int = Query(0, gt=-1)
) -> CardBox:
    """Погортати книгу."""
    page = await book.browse(q, limit, offset)
    return CardBox(
        items=[Card.model_validate(person) for person in page.people], total=page.of, limit=limit, offset=offset
    )


@router.get("/contacts/{number}", response_model=Card)
async def show_person(book: Book, number: str) -> object:
    """Подивитися на людину."""
    return await book.find(number)


@router.patch("/contacts/{number}", response_model=Card)
async def amend_person(book: Book, number: str, form: PersonForm) -> object:
    """Виправити запис."""
    return await book.amend(number, form)


@router.delete("/contacts/{number}", status_code=HTTPStatus.NO_CONTENT)
async def erase_person(book: Book, number: str) -> Response:
    """Викреслити людину."""
    await book.erase(number)
    return Response(status_code=HTTPStatus.NO_CONTENT)
