"""The image store as a service: one address for the upload API, the pictures, and the gallery."""

import secrets

from courseware.services.background import Background
from courseware.services.catalogue import Facts
from courseware.services.image_store.addresses import path_of
from courseware.services.image_store.pages import Pages
from courseware.services.image_store.pictures import Pictures
from courseware.services.image_store.transformation import Rendered
from courseware.services.image_store.uploading import Account
from courseware.services.listening import HOST, Listener, port_of
from courseware.services.mood import Mood, Moods
from courseware.services.web import WebServer

CLOUD_NAME = "course"
API_KEY = "123456789012345"


class ImageStore:
    """Stores what an application uploads. It serves on sockets that listen already, as many as it is given.

    One that refuses answers every upload with an error, 500; one that stalls answers none until it is well again; one
    that drops ends the connection in the middle of the answer, and stores nothing.
    """

    def __init__(self) -> None:
        self.account = Account(CLOUD_NAME, API_KEY, secrets.token_urlsafe(20))
        self.pictures = Pictures(CLOUD_NAME)
        self._moods = Moods()
        self._background = Background("image store")
        self._servers: list[WebServer] = []
        self._hosts: set[str] = set()

    def serve(self, listener: Listener) -> None:
        """Serves everything on this socket from now on."""

        async def start() -> WebServer:
            return WebServer(Pages(self.account, self.pictures).application(self._moods), listener)

        self._hosts |= {f"{name}:{port_of(listener)}" for name in (HOST, "localhost")}
        self._servers.append(self._background.run(start()))

    def delivered(self, address: str) -> Rendered | None:
        """What a browser would get at an address that an application tells; None where it is not of this store.

        The package's docstring says which addresses are. Raises WrongTransformation.
        """
        path = path_of(address, self.account.cloud_name, self._hosts)
        return None if path is None else self.pictures.deliver(path)

    @property
    def waiting(self) -> int:
        """How many uploads wait at the moment because the store stalls."""
        return self._moods.waiting

    def facts(self, host: str, port: int) -> Facts:
        """`address` is what the SDK calls its upload prefix; the account's name and keys are what it signs with."""
        return {
            "host": host,
            "port": str(port),
            "address": f"http://{host}:{port}",
            "cloud_name": self.account.cloud_name,
            "api_key": self.account.api_key,
            "api_secret": self.account.api_secret,
        }

    def become(self, mood: Mood) -> None:
        self._moods.now = mood

    def stop(self) -> None:
        """Ends all connections; the pictures can still be asked for. May be called again."""
        self.become(Mood.DROPS)  # nobody is left waiting
        servers, self._servers = self._servers, []
        for server in servers:
            self._background.run(server.stop())
        self._background.stop()
