"""The SMTP side of the mailbox: accepts every message, with any sender, recipient, user name and password."""

import asyncio
import logging
import socket
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from courseware.services.mailbox.messages import Messages
from courseware.services.servers import FaultMode, FaultState, Listener

LARGEST_MESSAGE = 2 * 1024 * 1024
MOST_RECIPIENTS = 100
MOST_CONNECTIONS = 100
IDLE_SECONDS = 60
PAUSE_SECONDS = 0.05
NAME = "mailbox.localhost"

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the log of aiosmtpd, which is not useful here


class SmtpServer:
    """Takes messages on a listening socket, on the running event loop, until `stop`.

    It accepts by itself, because asyncio's own server forgets a connection that comes while it ends.
    """

    def __init__(self, listener: Listener, messages: Messages, faults: FaultState) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._taking = Taking(messages, faults)
        self._faults = faults
        self._beginning: set[asyncio.Task[Any]] = set()
        self._open: set[Connection] = set()
        listener.setblocking(False)
        self._watch()

    async def stop(self) -> None:
        """Ends all connections, in whatever they are."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        if self._beginning:
            await asyncio.wait(self._beginning)
        for connection in list(self._open):
            connection.abort()

    def _watch(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except BlockingIOError:  # the client has gone again
            return
        except OSError:  # no more files may be open, for now
            self._loop.remove_reader(self._listener)
            self._loop.call_later(PAUSE_SECONDS, self._watch)
            return
        if len(self._open) < MOST_CONNECTIONS:
            beginning = self._loop.create_task(self._begin(accepted))
            self._beginning.add(beginning)
            beginning.add_done_callback(self._beginning.discard)
        else:
            accepted.close()

    async def _begin(self, accepted: socket.socket) -> None:
        await self._loop.connect_accepted_socket(self._connection, accepted)

    def _connection(self) -> "Connection":
        return Connection(self._taking, self._faults, self._open)


class Connection(SMTP):
    """One client's connection, which shows the mailbox's mode.

    A mailbox that refuses answers 421 to every command and closes the connection. One that stalls says nothing until
    it is well again. One that drops ends the connection when it has read a message, without having taken it.
    """

    def __init__(self, taking: "Taking", faults: FaultState, open_connections: "set[Connection]") -> None:
        self._faults = faults
        self._open = open_connections
        super().__init__(
            taking,
            hostname=NAME,
            ident="mailbox of the course",
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS,
            auth_require_tls=False,
            authenticator=_anybody,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        await self._faults.wait_while_stalling()
        if self._faults.now is FaultMode.REFUSES:
            await super().push("421 4.3.2 The mailbox refuses to serve")
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.close()
        else:
            await super().push(status)

    def abort(self) -> None:
        """Ends the connection without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class Taking:
    """What the server does with a message."""

    def __init__(self, messages: Messages, faults: FaultState) -> None:
        self._messages = messages
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self._faults.wait_while_stalling()
        if self._faults.now is FaultMode.DROPS:
            assert isinstance(server, Connection)
            server.abort()
        elif self._faults.now is FaultMode.NONE:
            content = envelope.original_content
            assert content is not None
            user = session.auth_data.login.decode(errors="replace") if session.auth_data else ""
            self._messages.add(envelope.mail_from or "", envelope.rcpt_tos, content, user)
        return "250 2.0.0 OK: taken"

    async def handle_exception(self, error: Exception) -> str:
        """Print nothing, whatever a client sends."""
        return f"451 4.3.0 {type(error).__name__}"


def _anybody(server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: Any) -> AuthResult:
    return AuthResult(success=True, auth_data=credentials)
