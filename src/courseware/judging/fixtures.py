"""The fixtures that every check can ask for: the application, its clock, and the services that it uses."""

import random
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from courseware.checking import Application, Clock, Database, ImageStore, Mailbox, Redis, Suite
from courseware.checking.deployment import Blueprint, Compose, Deployment, Image, Workflow
from courseware.judging.runtime import NeedsReference, Runtime

if TYPE_CHECKING:
    from courseware.judging.deployment import DeploymentJudge

CLIENTS = IPv4Network("198.18.0.0/15")
"""Where no client really is: RFC 2544 keeps these addresses free for measurements."""


class Fixtures:
    """A pytest plugin with the fixtures of one run.

    The fixture of a service leaves the service without a fault after the check. A service that a step may do without
    yet has a fixture that is None then.
    """

    def __init__(self, runtime: Runtime, seed: int, *, is_suite_expected: bool = False) -> None:
        self._runtime = runtime
        self._is_suite_expected = is_suite_expected
        self._seed = seed
        self._clients = CLIENTS.hosts()

    @pytest.fixture
    def application(self) -> Application:
        """The application under judgement."""
        return Application(self._runtime.application, 0, self._runtime.time_limits)

    @pytest.fixture
    def second_application(self) -> Application:
        """A second process of the application, for which it is started again in two.

        Both have the same variables, database and services; when one ends, both are started again.
        """
        return Application(self._runtime.application, 1, self._runtime.time_limits)

    @pytest.fixture
    def new_client(self) -> Callable[[], str]:
        """Gives a client address that no other check of the run has, for applications that count by address."""
        return lambda: str(next(self._clients))

    @pytest.fixture
    def environment(self) -> Mapping[str, str]:
        """The variables that the application was given: what a check may hold it to, and sign tokens with."""
        return self._runtime.server.options.applied_to(self._runtime.environment)

    @pytest.fixture
    def restarts(self) -> int:
        """How often the application was started again. Each start has an empty database and an empty Redis."""
        return self._runtime.server.restarts

    @pytest.fixture
    def suite(self, request: pytest.FixtureRequest) -> Suite:
        """The tests of a student, in a step that judges them. All bugs of the run are judged together."""
        judged = self._runtime.suite
        if judged is None:
            if self._is_suite_expected:
                raise NeedsReference
            raise TypeError("This step judges an application. Write `judges` in its lesson.toml to judge tests.")
        checks = [item.name.removeprefix("test_") for item in request.session.items]
        judged.wanted = [check for check in checks if check in judged.applications.bugs]
        return Suite(judged, request.node.name.removeprefix("test_"))

    @property
    def _deployment(self) -> "DeploymentJudge":
        judged = self._runtime.deployment
        if judged is None:
            raise TypeError('This step judges no deployment. Write `judges = "deployment"` in its lesson.toml.')
        return judged

    @pytest.fixture
    def workflow(self) -> Workflow:
        """The workflows of the project, in a step that judges a deployment."""
        return self._deployment.workflow

    @pytest.fixture
    def image(self) -> Image:
        """The image that the Dockerfile of the project describes, in a step that judges a deployment."""
        return self._deployment.image

    @pytest.fixture
    def compose(self) -> Compose:
        """The compose file of the project, in a step that judges a deployment."""
        return self._deployment.compose

    @pytest.fixture
    def blueprint(self) -> Blueprint:
        """The render.yaml of the project, in a step that judges a deployment."""
        return self._deployment.blueprint

    @pytest.fixture
    def deployment(self) -> Iterator[Deployment]:
        """Starts the image as a platform does, in a step that judges a deployment. All ends with the check."""
        judged = self._deployment
        judged.releases.limits = self._runtime.time_limits
        yield Deployment(judged.releases)
        judged.end_releases()

    @pytest.fixture
    def clock(self) -> Iterator[Clock]:
        """The application's clock, put right again after the check."""
        clock = Clock(self._runtime)
        yield clock
        clock.reset()

    @pytest.fixture
    def mailbox(self) -> Iterator[Mailbox | None]:
        """Where the application's messages arrive; None if it is to send none yet."""
        service = self._runtime.services.get("mailbox")
        if service is None:
            yield None
            return
        from courseware.services.mailbox.service import Mailbox as MailboxService
        from courseware.services.servers import FaultMode

        assert isinstance(service, MailboxService)
        yield Mailbox(service, self._runtime.time_limits)
        service.set_fault(FaultMode.NONE)

    @pytest.fixture
    def image_store(self) -> Iterator[ImageStore]:
        """The image store of an application that needs one."""
        from courseware.services.image_store.service import ImageStore as ImageStoreService

        service = self._runtime.services.get("image_store")
        assert isinstance(service, ImageStoreService)
        store = ImageStore(service, self._runtime.time_limits)
        yield store
        store.recover()

    @pytest.fixture
    def database(self) -> Database:
        """The database of an application for which the course names one."""
        return Database(self._runtime.application)

    @pytest.fixture
    def redis(self) -> Iterator[Redis]:
        """The Redis of an application that needs one."""
        from courseware.services.redis.service import Redis as RedisService
        from courseware.services.servers import FaultMode

        service = self._runtime.services.get("redis")
        assert isinstance(service, RedisService)
        yield Redis(service, self._runtime.time_limits)
        service.set_fault(FaultMode.NONE)

    @pytest.fixture(name="random")
    def seeded_random(self, request: pytest.FixtureRequest) -> random.Random:
        """Random numbers of this check's own, the same for the same seed. A second attempt has others."""
        attempt = 2 if self._runtime.time_limits.is_second else 1
        return random.Random(f"{self._seed}:{request.node.name}:{attempt}")  # noqa: S311
