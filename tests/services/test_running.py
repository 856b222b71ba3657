"""Services that run together, what an application is told of them, and what is said when one cannot start."""

import smtplib
import socket
import sys
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import psutil
import pytest
import redis

from courseware.base.errors import UsageError
from courseware.services.registry import KINDS, RunningServices
from courseware.services.servers import HOST, free_port, listen, port_of

MAPPED = {
    "mailbox": {"MAIL_HOST": "{host}", "MAIL_PORT": "{port}", "MAIL_STARTTLS": "false"},
    "image_store": {"CLOUDINARY_URL": "cloudinary://{api_key}:{api_secret}@{cloud_name}"},
    "redis": {"REDIS_URL": "{url}"},
}


@pytest.fixture
def running() -> Iterator[RunningServices]:
    with RunningServices(KINDS) as services:
        yield services


def test_an_application_is_told_where_each_service_is(running: RunningServices) -> None:
    environment = running.environment(MAPPED)
    assert environment["MAIL_STARTTLS"] == "false"
    assert environment["CLOUDINARY_URL"].startswith("cloudinary://123456789012345:")
    with smtplib.SMTP(environment["MAIL_HOST"], int(environment["MAIL_PORT"])) as client:
        assert client.noop()[0] == 250
    with redis.Redis.from_url(environment["REDIS_URL"]) as cache:
        assert cache.ping()


@pytest.mark.parametrize("name", KINDS)
def test_each_service_tells_the_facts_that_the_catalogue_promises(running: RunningServices, name: str) -> None:
    assert tuple(running.by_name[name].facts) == KINDS[name].facts


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.page_port is not None])
def test_each_page_is_where_it_is_said_to_be(running: RunningServices, name: str) -> None:
    page = running.by_name[name].page
    assert page is not None
    with urlopen(page, timeout=20) as answer:  # noqa: S310 - an address of this machine
        assert f"<h1>{KINDS[name].title}</h1>" in answer.read().decode()


def test_a_port_that_is_taken_is_exchanged_for_another() -> None:
    with RunningServices(KINDS) as first, RunningServices(KINDS) as second:
        ports = [service.facts["port"] for services in (first, second) for service in services.by_name.values()]
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize("name", ["mailbox", "image_store"])
def test_the_port_of_a_page_can_be_chosen(name: str) -> None:
    port = free_port()
    with RunningServices([name], {name: port}) as services:
        assert services.by_name[name].page == f"http://{HOST}:{port}"


@pytest.mark.parametrize("name", ["mailbox", "image_store"])
def test_a_service_that_cannot_start_is_told_in_one_sentence_and_the_others_are_stopped(name: str) -> None:
    threads = threading.active_count()
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"{KINDS[name].title} cannot start on port {port}: Address already in"):
            RunningServices(["redis", name], {name: port})
    assert threading.active_count() == threads


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fakeredis", None)
    monkeypatch.delitem(sys.modules, "courseware.services.redis.service", raising=False)
    with pytest.raises(UsageError, match="Redis cannot start: the package fakeredis is not installed"):
        RunningServices(["mailbox", "redis"])


def test_nothing_listens_after_the_end() -> None:
    before = listening_ports()
    with RunningServices(KINDS) as services:
        ports = {int(service.facts["port"]) for service in services.by_name.values()}
        assert ports <= listening_ports()
    assert listening_ports() == before


def listening_ports() -> set[int]:
    """Those of this process: at the usual ones another may listen at any time."""
    connections = psutil.Process().net_connections("tcp4")
    return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}


def test_a_port_is_the_usual_one_where_that_is_free() -> None:
    usual = free_port()
    with listen(usual) as listener:
        assert port_of(listener) == usual
