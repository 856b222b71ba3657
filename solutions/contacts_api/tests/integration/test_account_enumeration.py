"""Nobody can find out who has an account: the answers are equal, and so is the work before them.

Clocks are bad witnesses in a test, so what takes the time is counted: queries, and calculations of a password's hash.
"""

from collections import Counter
from collections.abc import Iterator
from unittest.mock import Mock

import bcrypt
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event

from app.core.config import get_settings
from app.services.email import Mailer
from tests.calls import MESSAGE_CALLS
from tests.examples import ANN, BOB, sign_up
from tests.mailbox import Mailbox

UNKNOWN = "eve@example.com"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """What was done so far."""
    done: Counter[str] = Counter()
    compare = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        done["hash of cost " + hashed[4:6].decode()] += 1
        return compare(password, hashed)

    def count_query(*arguments: object) -> None:
        done[str(arguments[2])] += 1

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    event.listen(Engine, "before_cursor_execute", count_query)
    yield done
    event.remove(Engine, "before_cursor_execute", count_query)


@pytest.fixture
async def accounts(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    """Ann has not verified her address, Bob has."""
    await client.post("/auth/register", json=ANN)
    await mailbox.next_message(ANN["email"])
    await sign_up(client, mailbox, BOB)


@pytest.mark.usefixtures("accounts")
async def test_a_failed_login_is_the_same_for_everybody(client: httpx.AsyncClient, work: Counter[str]) -> None:
    answers, efforts = [], []
    for address in (ANN["email"], BOB["email"], UNKNOWN):
        work.clear()
        form = {"username": address, "password": "not the password"}
        answers.append(await client.post("/auth/login", data=form))
        efforts.append(work.copy())
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert efforts[0] == efforts[1] == efforts[2]
    assert efforts[0]["hash of cost 04"] == 1


@pytest.mark.usefixtures("accounts")
async def test_it_stays_so_when_hashes_get_more_rounds(
    client: httpx.AsyncClient, work: Counter[str], settings: pytest.MonkeyPatch
) -> None:
    """A round more doubles the work, so hashes of cost 4, 4 and 5 take as long as one of cost 6."""
    settings.setenv("BCRYPT_ROUNDS", "6")
    get_settings.cache_clear()
    efforts = []
    for address in (ANN["email"], BOB["email"], UNKNOWN):
        work.clear()
        await client.post("/auth/login", data={"username": address, "password": "not the password"})
        hashes = {int(name[-2:]): count for name, count in work.items() if name.startswith("hash of cost")}
        efforts.append(sum(count * 2**cost for cost, count in hashes.items()))
    assert efforts == [2**6] * 3
    assert (await client.post("/auth/login", data={"username": BOB["email"], "password": BOB["password"]})).is_success


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("path", MESSAGE_CALLS)
async def test_asking_for_a_message_is_the_same_for_everybody(
    client: httpx.AsyncClient, work: Counter[str], application: FastAPI, path: str
) -> None:
    answers, efforts = [], []
    for address in (ANN["email"], BOB["email"], UNKNOWN):
        work.clear()
        answers.append(await client.post(path, json={"email": address}))
        efforts.append(work.copy())
        await application.state.mailer.close()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert {tuple(answer.headers) for answer in answers} == {tuple(answers[0].headers)}
    assert efforts[0] == efforts[1] == efforts[2]


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("path", MESSAGE_CALLS)
async def test_not_even_a_token_is_made_before_the_answer(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What a message costs begins when the answer is out: see also test_mail_outages."""
    make_token = Mock()
    monkeypatch.setattr("app.services.email.create_token", make_token)
    monkeypatch.setattr(Mailer, "_start", lambda _self, delivery, _description: delivery.close())
    assert (await client.post(path, json={"email": ANN["email"]})).status_code == 202
    make_token.assert_not_called()
