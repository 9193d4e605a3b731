"""The gate that every request and every socket passes before the app: what is not named here is denied.

Without sign-in it looks at the names by which the server is called, and at where a socket comes from. With sign-in it
lets nobody in whose cookie is not signed, has expired, has ended or comes from somebody without a role, and looks again
at every message of a socket, and every few seconds. Links to files, and places to upload to, are answered only to those
to whom they were sent.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from dashboard.access import EVERYBODY, Viewer
from dashboard.server import notice
from dashboard.server.listening import host_of
from dashboard.server.logs import LOG, told
from dashboard.server.sign_in import Claims, SignIn, sign_in_name

SOCKET = "/_stcore/stream"
PAGE = re.compile(r"/[a-z0-9-]*")
STATIC = re.compile(r"/(static/[\w./-]+|favicon\.png|manifest\.json)")
MARKUP = "/markup.js"
APP = re.compile(r"/_stcore/(health|host-config)")
MEDIA = re.compile(r"/media/[\w.-]+")
UPLOAD = re.compile(r"/_stcore/upload_file/[\w-]+/[\w-]+")
SENT = re.compile(rb"/(?:media|_stcore/upload_file)/")
"""How a link begins in a message to the browser; the byte before it is its length."""
ASKED = "outcomes_asked"
"""The cookie that keeps which page a stranger asked for, until they have signed in."""
ASKED_SECONDS = 600
SIGN_IN = "/sign-in"
SIGNING_IN = (SIGN_IN, "/auth/login", "/auth/logout", "/oauth2callback")
LOOK_AGAIN = 5.0
"""Seconds after which a silent socket is looked at again."""
MOST_LINKS = 100_000
"""Links that are remembered; the oldest are forgotten."""
DENIED = "Not here."


def _inline_scripts() -> str:
    """Streamlit's page has a small script that stands in it; its hash lets that one run, and no other."""
    page = (Path(get_static_dir()) / "index.html").read_bytes()
    digests = [sha256(script).digest() for script in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)]
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {_inline_scripts()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "media-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """ASGI middleware; `names` are those by which the server may be called, `is_ready` says whether it can answer."""

    def __init__(
        self, app: ASGIApp, names: frozenset[str], sign_in: SignIn | None, is_ready: Callable[[], bool]
    ) -> None:
        self._app = app
        self._names = names
        self._sign_in = sign_in
        self._is_ready = is_ready
        self._links: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_begun = False

        async def answered(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = MutableHeaders(scope=message)
                if scope["path"] == "/oauth2callback" and headers.get("location") == "/":
                    self._back(scope, headers)
                self._dress(scope["path"], headers)
            await send(message)

        answer: ASGIApp
        try:
            answer = await self._answer(scope)
            await answer(scope, receive, answered)
        except Exception as failure:
            LOG.error("a request failed: %s", told(failure))
            if not is_begun:
                answer = PlainTextResponse("Something went wrong here. Try again.", 500)
                await answer(scope, receive, answered)

    async def _answer(self, scope: Scope) -> ASGIApp:
        """Who answers a request: the app, or a few words of the gate's own."""
        path, method, headers = scope["path"], scope["method"], Headers(scope=scope)
        if host_of(headers.get("host", "")) not in self._names:
            return PlainTextResponse("This server does not answer by that name.", 400)
        if path == "/healthz":
            return PlainTextResponse("ok")
        if path == "/readyz":
            is_ready = await run_in_threadpool(self._is_ready)
            return PlainTextResponse("ready", 200) if is_ready else PlainTextResponse("no snapshot can be opened", 503)
        claims = self._claims(headers)
        viewer = self._viewer(claims)
        if path in SIGNING_IN:
            is_asked = self._sign_in is not None and method == "GET"
            return self._signing_in(path, claims) if is_asked else PlainTextResponse(DENIED, 404)
        is_page = bool(PAGE.fullmatch(path)) and method in ("GET", "HEAD")
        if viewer is None:
            return self._stranger(scope, is_page, has_been=claims is not None)
        if not viewer.roles:
            return notice.without_role(viewer, self._contact) if is_page else PlainTextResponse(DENIED, 403)
        if method in ("GET", "HEAD"):
            if path == MARKUP:
                return FileResponse(Path(__file__).parent / "markup.js", media_type="text/javascript")
            if is_page or STATIC.fullmatch(path) or APP.fullmatch(path):
                return self._app
            if MEDIA.fullmatch(path) and self._was_sent(path, claims):
                return self._app
        if method in ("PUT", "DELETE") and UPLOAD.fullmatch(path) and self._was_sent(path, claims):
            return self._app if "manager" in viewer.roles else PlainTextResponse(DENIED, 403)
        return PlainTextResponse(DENIED, 404)

    def _signing_in(self, path: str, claims: Claims | None) -> ASGIApp:
        if path == SIGN_IN:
            from streamlit.auth_util import encode_provider_token

            return RedirectResponse(f"/auth/login?provider={encode_provider_token('default')}", 302)
        if path == "/auth/logout" and claims and self._sign_in:
            self._sign_in.end(claims)
        return self._to_provider if path == "/auth/login" else self._app

    async def _to_provider(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leads to the provider, or where that does not answer, says so."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        if answer[0]["status"] >= 400:
            await notice.without_provider(self._contact)(scope, receive, send)
            return
        for message in answer:
            await send(message)

    def _back(self, scope: Scope, headers: MutableHeaders) -> None:
        """Leads whoever has signed in to the page that they asked for."""
        asked = unquote(cookie_parser(Headers(scope=scope).get("cookie", "")).get(ASKED, ""))
        if PAGE.fullmatch(asked.partition("?")[0]) and asked.isprintable() and asked.isascii():
            headers["location"] = asked
            headers.append("set-cookie", f"{ASKED}=; Path=/; Max-Age=0; HttpOnly; SameSite=lax")

    def _stranger(self, scope: Scope, is_page: bool, has_been: bool) -> Response:
        if not is_page:
            is_health = scope["path"] == "/_stcore/health"
            return PlainTextResponse("ok") if is_health else PlainTextResponse("Sign in first.", 401)
        answer = notice.sign_in(has_been)
        asked = f"{scope['path']}?{scope['query_string'].decode('latin-1')}".rstrip("?")
        answer.set_cookie(ASKED, quote(asked, safe=""), max_age=ASKED_SECONDS, httponly=True, samesite="lax")
        return answer

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        claims = self._claims(headers)
        viewer = self._viewer(claims)
        if not (self._is_from_here(headers) and scope["path"] == SOCKET and viewer and viewer.roles):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        socket = _Socket(receive, send, lambda: self._viewer(claims) == viewer, lambda link: self._sent(link, claims))
        await self._app(scope, socket.receive, socket.send)

    def _is_from_here(self, headers: Headers) -> bool:
        """Whether a socket is opened under a name of this server, by a page that this server gave out."""
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if host_of(host) not in self._names:
            return False
        return origin == self._sign_in.origin if self._sign_in else urlsplit(origin).netloc == host

    def _claims(self, headers: Headers) -> Claims | None:
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        return self._sign_in.claims(cookies) if self._sign_in else None

    def _viewer(self, claims: Claims | None) -> Viewer | None:
        return self._sign_in.viewer(claims) if self._sign_in else EVERYBODY

    @property
    def _contact(self) -> str:
        return self._sign_in.contact if self._sign_in else ""

    def _sent(self, link: str, claims: Claims | None) -> None:
        to_whom = sign_in_name(claims) if claims else ""
        self._links[to_whom, link] = None
        self._links.move_to_end((to_whom, link))
        if len(self._links) > MOST_LINKS:
            self._links.popitem(last=False)

    def _was_sent(self, link: str, claims: Claims | None) -> bool:
        return (sign_in_name(claims) if claims else "", link) in self._links

    def _dress(self, path: str, headers: MutableHeaders) -> None:
        for name in [name for name in headers if name.lower().startswith("access-control-")]:
            del headers[name]
        headers.update(HEADERS)
        if not path.startswith("/static/"):
            headers["Cache-Control"] = "no-store"
        if self._sign_in:
            headers["Cross-Origin-Opener-Policy"] = "same-origin"  # browsers complain of it on plain http
        if self._sign_in and self._sign_in.origin.startswith("https:"):
            headers["Strict-Transport-Security"] = "max-age=31536000"
            cookies = headers.getlist("set-cookie")
            del headers["set-cookie"]
            for cookie in cookies:
                headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")


class _Socket:
    """An open socket, which is closed as soon as whoever holds it may no longer what they might when it was opened."""

    def __init__(self, receive: Receive, send: Send, may_stay: Callable[[], bool], tell: Callable[[str], None]) -> None:
        self._receive = receive
        self._send = send
        self._may_stay = may_stay
        self._tell = tell
        self._is_closed = False

    async def receive(self) -> Message:
        coming = asyncio.ensure_future(self._receive())
        try:
            while True:
                arrived, _ = await asyncio.wait({coming}, timeout=LOOK_AGAIN)
                if arrived and coming.result()["type"] != "websocket.receive":
                    return coming.result()
                if not self._may_stay():
                    return await self._close()
                if arrived:
                    return coming.result()
        finally:
            coming.cancel()

    async def send(self, message: Message) -> None:
        if self._is_closed:
            return
        if sent := message.get("bytes"):
            for found in SENT.finditer(sent):
                begin = found.start()
                link = sent[begin : begin + sent[begin - 1]].decode("latin-1")
                if MEDIA.fullmatch(link) or UPLOAD.fullmatch(link):
                    self._tell(link)
        await self._send(message)

    async def _close(self) -> Message:
        self._is_closed = True
        code: Literal[1008] = 1008
        await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}
