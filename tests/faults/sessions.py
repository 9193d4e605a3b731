"""Somebody's open page without a browser: signed in at the provider, over the socket that a browser would open."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import Cookie, CookieJar
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 60
XSRF = "_streamlit_xsrf"


@dataclass
class Shown:
    """What a page sent in one run: its heading, its messages by their titles, and everything as text."""

    heading: str = ""
    errors: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    elements: list[Any] = field(default_factory=list)
    text: str = ""

    def take(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "heading" and element.heading.tag == "h1" and not self.heading:
            self.heading = element.heading.body
        if kind == "alert" and element.alert.format == element.alert.ERROR:
            self.errors.append(f"{element.alert.title}: {element.alert.body}")
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        if kind:
            self.elements.append(getattr(element, kind))
        if message.delta.add_block.HasField("popover"):
            self.elements.append(message.delta.add_block.popover)
        self.text += message.SerializeToString().decode("utf-8", "replace")

    @property
    def labels(self) -> list[str]:
        return [str(one.label) for one in self.elements if getattr(one, "label", "")]

    def widget(self, label: str) -> Any:
        """The one widget of that label."""
        found = [one for one in self.elements if getattr(one, "label", None) == label and getattr(one, "id", "")]
        assert found, (label, self.heading, self.errors)
        return found[0]


class Session:
    """One person, and one page of theirs; where the server closes it, `open` begins anew, as a browser does."""

    def __init__(self, address: str, who: str) -> None:
        self.address = address
        self.who = who
        self.cookies = CookieJar()
        self._open = ExitStack()
        self._socket: ClientConnection | None = None
        self.headers = ""
        self._name = ""
        self._page = ("", "", "")

    def keep(self, name: str, value: str) -> None:
        """Keeps a cookie of the server's that was made elsewhere."""
        rest: dict[str, str] = {}
        self.cookies.set_cookie(
            Cookie(
                0, name, value, None, False, "127.0.0.1", True, False, "/", True, False, None, True, None, None, rest
            )
        )

    def get(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """The status, the address that redirects lead to, and what stands there."""
        status, url, content = self._get(path, form)
        return status, url, content.decode()

    def read(self, link: str) -> bytes:
        """The file that a link leads to."""
        status, _, content = self._get(link)
        assert (link, status) == (link, 200)
        return content

    def _get(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, bytes]:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        url = path if path.startswith("http") else self.address + path
        given = urllib.parse.urlencode(form).encode() if form else None
        try:
            with opener.open(url, given, timeout=PATIENCE) as answer:
                self.headers = str(answer.headers)
                return answer.status, answer.url, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.url, refused.read()

    def sign_in(self) -> None:
        status, form, page = self.get("/sign-in")
        assert status == 200, page
        assert "sub" in page
        status, url, page = self.get(form, {"sub": self.who})
        assert (status, url) == (200, f"{self.address}/"), page

    def open(self, page: str, query: str = "") -> Shown:
        """Goes there; what is shown. Raises ConnectionError where the server lets them in no more."""
        self._page = (page, query, "")
        return self._run()

    def again(self, *widgets: dict[str, Any]) -> Shown:
        """The same page once more, as whatever somebody does on it has it run."""
        return self._run(*widgets)

    @property
    def query(self) -> str:
        """What stands in the address after the page."""
        return self._page[1]

    def download(self, button: Any) -> str:
        """Where the file of a button is given out; "" where it cannot be made."""
        asked = BackMsg()
        asked.backend_operation_request.request_id = "r"
        asked.backend_operation_request.session_id = self._name
        asked.backend_operation_request.deferred_file.file_id = button.deferred_file_id
        socket = self._connected()
        socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(_bytes(socket.recv(PATIENCE)))
            if message.WhichOneof("type") == "backend_operation_response":
                answer = message.backend_operation_response
                assert answer.deferred_file.url or answer.error_msg == "Failed to generate file for download"
                return str(answer.deferred_file.url)

    def close(self) -> None:
        self._socket = None
        self._open.close()

    def _run(self, *widgets: dict[str, Any]) -> Shown:
        page, query, script = self._page
        asked = BackMsg()
        run = asked.rerun_script
        run.page_name, run.query_string, run.page_script_hash = page, query, script
        run.widget_states.SetInParent()
        for widget in widgets:
            run.widget_states.widgets.add(**widget)
        try:
            socket = self._connected()
            socket.send(asked.SerializeToString())
            shown = Shown()
            while True:
                message = ForwardMsg.FromString(_bytes(socket.recv(PATIENCE)))
                kind = message.WhichOneof("type")
                if kind == "new_session":
                    shown = Shown()
                    self._name = message.new_session.initialize.session_id
                elif kind == "delta":
                    shown.take(message)
                elif kind == "navigation":
                    script = message.navigation.page_script_hash
                elif kind == "page_info_changed":
                    query = message.page_info_changed.query_string
                elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self._page = (page, query, script)
                    return shown
        except (ConnectionClosed, InvalidStatus) as closed:
            self.close()
            raise ConnectionError(str(closed)) from closed

    def _connected(self) -> ClientConnection:
        if not self._socket:
            if XSRF not in (one.name for one in self.cookies):
                self.get("/_stcore/health")
            kept = {one.name: one.value or "" for one in self.cookies}
            opened = connect(
                f"{self.address.replace('http', 'ws')}/_stcore/stream",
                origin=Origin(self.address),
                subprotocols=[Subprotocol("streamlit"), Subprotocol(kept.get(XSRF, ""))],
                additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())},
                open_timeout=PATIENCE,
                max_size=None,
            )
            self._socket = self._open.enter_context(opened)
        return self._socket


def _bytes(received: str | bytes) -> bytes:
    assert isinstance(received, bytes)
    return received


def words_of(page: str) -> str:
    """What a page without scripts says."""
    return unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
