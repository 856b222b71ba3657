"""A real HTTP server for tests that are about connections, not only about answers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI


@asynccontextmanager
async def serving(application: FastAPI, send_buffer: int | None = None) -> AsyncIterator[str]:
    """The address of `application` behind a real HTTP server. `send_buffer`: bytes that each socket keeps."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        if send_buffer:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        server = uvicorn.Server(uvicorn.Config(application, lifespan="off", ws="none", log_config=None))
        served = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        server.should_exit = True
        await served
