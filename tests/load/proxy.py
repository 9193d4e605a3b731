"""A reverse proxy before several servers: whoever comes for the first time gets the next of them, and keeps it.

It is what Caddy is with `lb_policy cookie`: a cookie says which server that was; where that one does not answer, the
next one does, and is kept from then on. The name that the browser asked for is passed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

COOKIE = "outcomes_server"
OF_ONE_CONNECTION = (b"connection", b"transfer-encoding", b"keep-alive")


class Proxy:
    """An ASGI app before the servers at these addresses; `answered` tells which of them answered each path."""

    def __init__(self, servers: Sequence[str]) -> None:
        self.answered: list[tuple[int, str]] = []
        self._servers = servers
        self._turns = count()
        self._client = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._http if scope["type"] == "http" else self._websocket)(scope, receive, send)

    def _in_turn(self, scope: Scope) -> list[int]:
        """The servers in the order in which they are asked."""
        kept = cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE, "")
        first = int(kept) if kept.isdecimal() else next(self._turns)
        return [(first + place) % len(self._servers) for place in range(len(self._servers))]

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        for server in self._in_turn(scope):
            url = f"{self._servers[server]}{scope['raw_path'].decode()}?{scope['query_string'].decode()}".rstrip("?")
            asked = self._client.build_request(scope["method"], url, headers=_passed_on(scope["headers"]), content=body)
            with contextlib.suppress(httpx.TransportError):
                answer = await self._client.send(asked, stream=True)
                break
        else:
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b"no server answers"})
            return
        self.answered.append((server, scope["path"]))
        keep = (b"set-cookie", f"{COOKIE}={server}; Path=/; HttpOnly; SameSite=lax".encode())
        headers = [*_passed_on(answer.headers.raw), keep]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        async for part in answer.aiter_raw():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})
        await answer.aclose()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for server in self._in_turn(scope):
            with contextlib.suppress(OSError):
                try:
                    socket = await self._connected(scope, server)
                except InvalidStatus:
                    break  # it is let in nowhere
                self.answered.append((server, scope["path"]))
                await send({"type": "websocket.accept", "subprotocol": socket.subprotocol})
                await _passed(socket, receive, send)
                return
        await send({"type": "websocket.close", "code": 1013})

    async def _connected(self, scope: Scope, server: int) -> ClientConnection:
        headers, place = Headers(scope=scope), urlsplit(self._servers[server])
        return await connect(
            f"ws://{headers['host']}{scope['path']}",
            host=place.hostname,
            port=place.port,
            subprotocols=[Subprotocol(each) for each in scope["subprotocols"]],
            additional_headers={name: headers[name] for name in ("cookie", "origin") if name in headers},
            max_size=None,
            compression=None,
        )


def _passed_on(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in OF_ONE_CONNECTION]


async def _passed(socket: ClientConnection, receive: Receive, send: Send) -> None:
    """Passes messages on in both directions, until one side is gone; then so is the other."""

    async def up() -> None:
        while (message := await receive())["type"] == "websocket.receive":
            await socket.send(message.get("bytes") or message.get("text") or b"")

    async def down() -> None:
        async for sent in socket:
            told: Message = {"type": "websocket.send", "bytes" if isinstance(sent, bytes) else "text": sent}
            await send(told)
        with contextlib.suppress(RuntimeError):
            await send({"type": "websocket.close", "code": socket.close_code or 1012})

    both = [asyncio.ensure_future(up()), asyncio.ensure_future(down())]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for each in both:
        each.cancel()
    with contextlib.suppress(ConnectionClosed):
        await socket.close()


@contextlib.contextmanager
def before(servers: Sequence[str], port: int) -> Iterator[Proxy]:
    """The proxy on that port, in a thread of this process."""
    proxy = Proxy(servers)
    settings = uvicorn.Config(proxy, port=port, log_level="error", lifespan="off", ws_max_size=2**26)
    running = uvicorn.Server(settings)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield proxy
    running.should_exit = running.force_exit = True
    thread.join(10)
