"""The mailbox as a service: SMTP for the application, a page for people, the messages themselves for checks."""

from courseware.services.background import Background
from courseware.services.catalogue import Facts
from courseware.services.listening import Listener
from courseware.services.mailbox.messages import Messages
from courseware.services.mailbox.pages import Pages
from courseware.services.mailbox.smtp import SmtpServer
from courseware.services.mood import Mood, Moods
from courseware.services.web import WebServer


class Mailbox:
    """Receives what an application sends. It serves on sockets that listen already, as many as it is given."""

    def __init__(self) -> None:
        self.messages = Messages()
        self._moods = Moods()
        self._background = Background("mailbox")
        self._servers: list[SmtpServer | WebServer] = []

    def serve(self, listener: Listener) -> None:
        """Takes messages on this socket from now on."""

        async def start() -> SmtpServer:
            return SmtpServer(listener, self.messages, self._moods)

        self._servers.append(self._background.run(start()))

    def show(self, listener: Listener) -> None:
        """Shows its page on this socket from now on."""

        async def start() -> WebServer:
            return WebServer(Pages(self.messages).application(), listener)

        self._servers.append(self._background.run(start()))

    def facts(self, host: str, port: int) -> Facts:
        return {"host": host, "port": str(port)}

    def become(self, mood: Mood) -> None:
        self._moods.now = mood

    def stop(self) -> None:
        """Ends all connections; the messages can still be read. May be called again."""
        servers, self._servers = self._servers, []
        for server in servers:
            self._background.run(server.stop())
        self._background.stop()
