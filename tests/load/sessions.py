"""Sessions of the dashboard without a browser: they speak Streamlit's protocol over its socket, as a page does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

KEYED = ("button", "text_area", "text_input")
"""What may be pressed or written into, by its key."""
PATIENCE = 120.0
"""Seconds after which a run that has not finished is an error, unless a session is told to wait longer."""


@dataclass
class Shown:
    """What a run of the page sent: how long it took, how many bytes, and what of it stands there."""

    seconds: float
    sent: int = 0
    charts: int = 0
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Session:
    """One open page of the server at that address; `query` is the address's own, `cookie` that of whoever signed in.

    Whatever the page asks a browser to run again every few seconds is run again here, too.
    """

    def __init__(
        self, address: str, page: str = "", query: str = "", cookie: str = "", patience: float = PATIENCE
    ) -> None:
        self._address = address
        self._page = page
        self._query = query
        self._cookie = cookie
        self._patience = patience
        self._stack = AsyncExitStack()
        self._socket: ClientConnection
        self._now = Shown(0.0)
        self._finished: asyncio.Future[None] | None = None
        self._widgets: dict[str, Any] = {}
        self._clocks: dict[str, asyncio.Task[None]] = {}
        self._page_hash = ""
        self._keys: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._options: dict[str, list[str]] = {}
        self._chosen: dict[str, tuple[str, ...]] = {}

    async def __aenter__(self) -> Session:
        token = generate_xsrf_token_string()
        self._socket = await self._stack.enter_async_context(
            connect(
                f"{self._address.replace('http', 'ws', 1)}/_stcore/stream",
                origin=Origin(self._address),
                subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
                additional_headers={"Cookie": f"{XSRF_COOKIE_NAME}={token}; {self._cookie}"},
                max_size=None,
                compression=None,
                open_timeout=self._patience,
                ping_timeout=self._patience,
            )
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        await self._stack.aclose()

    def drop(self) -> None:
        """Leaves without a word, as a laptop does whose lid is shut."""
        self._end()
        self._socket.transport.abort()

    def _end(self) -> None:
        self._stop_clocks(tuple(self._clocks))
        self._reading.cancel()

    @property
    def is_waiting(self) -> bool:
        """Whether a part of the page is still looked at again and again."""
        return bool(self._clocks)

    @property
    def options(self) -> dict[str, list[str]]:
        """The filters that are chosen from a list, by their names in the address, with the values that are offered."""
        return self._options

    def write(self, key: str, text: str) -> None:
        """Writes into the field of that key; the next run knows."""
        self._written[key] = text

    async def press(self, key: str) -> Shown:
        """What the page shows once the button of that key is pressed; raises as `run` does."""
        return await self._run(key)

    async def run(self, **chosen: Iterable[str]) -> Shown:
        """What the page shows once these values of filters are chosen (and others as before); the first run opens it.

        Raises TimeoutError where it takes longer than its patience, and ConnectionError where the server hangs up.
        """
        self._chosen |= {name: tuple(values) for name, values in chosen.items()}
        return await self._run()

    async def _run(self, press: str = "") -> Shown:
        self._now = Shown(0.0)
        self._finished = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._socket.send(self._message(press=press))
        await asyncio.wait_for(self._finished, self._patience)
        self._now.seconds = time.perf_counter() - began
        return self._now

    def _message(self, fragment: str = "", press: str = "") -> bytes:
        message = BackMsg()
        state = message.rerun_script
        given = {name: values for name, values in self._chosen.items() if any(values)}
        state.query_string = "&".join(filter(None, (self._query, urlencode(given, doseq=True))))
        state.page_script_hash = self._page_hash
        if not self._page_hash:
            state.page_name = self._page
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        for name, values in self._chosen.items():
            if widget := self._widgets.get(name):
                one = state.widget_states.widgets.add(id=widget)
                one.string_array_value.data.extend(values)
        for key, text in self._written.items():
            state.widget_states.widgets.add(id=self._keys[key]).string_value = text
        if press:
            state.widget_states.widgets.add(id=self._keys[press]).trigger_value = True
        written: bytes = message.SerializeToString()
        return written

    async def _read(self) -> None:
        why: Exception = ConnectionError("the server hung up")
        try:
            async for sent in self._socket:
                self._now.sent += len(sent)
                self._take(ForwardMsg.FromString(sent if isinstance(sent, bytes) else sent.encode()))
        except Exception as failure:
            why = failure
        if self._finished and not self._finished.done():
            self._finished.set_exception(why)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta.new_element)
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self._now.errors.append("the script could not be run")
            is_whole = message.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            )
            if is_whole and self._finished and not self._finished.done():
                self._finished.set_result(None)
        elif kind == "new_session" and not message.metadata.run.fragment_ids:
            self._stop_clocks(tuple(self._clocks))
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            asked = message.auto_rerun
            if asked.fragment_id not in self._clocks:
                self._clocks[asked.fragment_id] = asyncio.create_task(self._again(asked.fragment_id, asked.interval))
        elif kind == "stop_auto_rerun":
            self._stop_clocks(message.stop_auto_rerun.fragment_ids)

    def _element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "plotly_chart":
            self._now.charts += 1
        elif kind == "exception":
            self._now.errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self._now.errors.append(f"{element.alert.title} {element.alert.body}")
        elif kind == "markdown":
            self._now.texts.append(element.markdown.body)
        if kind in KEYED:
            widget = getattr(element, kind)
            self._keys[widget.id.split("-", 2)[-1]] = widget.id
        if kind in ("multiselect", "date_input"):
            widget = getattr(element, kind)
            self._widgets[widget.query_param_key] = widget.id
            if kind == "multiselect":
                self._options[widget.query_param_key] = list(widget.options)

    async def _again(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            with suppress(Exception):
                await self._socket.send(self._message(fragment))

    def _stop_clocks(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if clock := self._clocks.pop(fragment, None):
                clock.cancel()
