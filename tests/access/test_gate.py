"""The gate before a small app that answers everything: what comes through, to whom, and what the answers carry."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.server import Gate, gate
from dashboard.server.sign_in import SignIn
from tests.access.signing import COOKIE, claims, cookie, sign_in

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for another client than the one that Streamlit's sign-in brings
    from starlette.testclient import TestClient

ORIGIN = "https://outcomes.example"
MINE = "/media/" + 56 * "a" + ".csv"
THEIRS = "/media/" + 56 * "b" + ".csv"
UPLOAD = "/_stcore/upload_file/my-session/my-file"
PATIENT = "Mrs Miller, born 1970"
OPEN = ("/", "/records", "/static/js/index.js", "/markup.js", "/_stcore/health", "/_stcore/host-config", "/favicon.png")
NEVER = (
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/mcp",
    "/_stcore/agent/openapi.json",
    "/component/x/index.html",
    "/app/static/secrets.toml",
    "/records/_stcore/health",
    "/.env",
    "/unknown/deep",
    MINE,
    UPLOAD,
)


async def answers(request: Request) -> Response:
    if request.url.path == "/records" and "fail" in request.query_params:
        raise ValueError(PATIENT)
    if request.url.path == "/oauth2callback":
        return RedirectResponse("/", 302)
    answer = PlainTextResponse("the app", headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public"})
    answer.set_cookie("_streamlit_xsrf", "x")
    return answer


async def socket(websocket: WebSocket) -> None:
    """Sends links as Streamlit does, in the midst of other bytes, and then says everything again."""
    await websocket.accept()
    sent = b"".join(b"J%c%bR" % (len(link), link.encode()) for link in (MINE, UPLOAD))
    await websocket.send_bytes(b"/media/" + sent + b"/media/x")
    while True:
        try:
            await websocket.send_bytes(await websocket.receive_bytes())
        except WebSocketDisconnect:
            return


def client(asked: SignIn | None = None, is_ready: bool = True) -> TestClient:
    methods = ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"]
    before = Middleware(
        Gate, names=frozenset({"localhost", "outcomes.example"}), sign_in=asked, is_ready=lambda: is_ready
    )
    app = Starlette(
        routes=[WebSocketRoute("/{path:path}", socket), Route("/{path:path}", answers, methods=methods)],
        middleware=[before],
    )
    return TestClient(app, ORIGIN if asked else "http://localhost:8501", False, follow_redirects=False)


def opened(browser: TestClient, origin: str = ORIGIN, host: str = "", path: str = "/_stcore/stream") -> Any:
    """A socket, as a browser opens it from a page of that origin."""
    base = str(browser.base_url).replace("http", "ws")
    return browser.websocket_connect(f"{base}{path}", headers={"Origin": origin} | ({"Host": host} if host else {}))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(tmp_path / "outcomes.json"))
    monkeypatch.setattr(gate, "LOOK_AGAIN", 0.05)
    return tmp_path


@pytest.fixture
def signed(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """Somebody with a role, signed in."""
    with client(sign_in(ORIGIN)) as browser:
        browser.cookies.set(COOKIE, cookie(claims(ORIGIN)))
        yield browser


def test_without_sign_in_the_app_is_open_and_nothing_else() -> None:
    browser = client()
    assert [browser.get(path).status_code for path in OPEN] == [200] * len(OPEN)
    assert [browser.get(path).status_code for path in NEVER] == [404] * len(NEVER)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert {browser.request(method, path).status_code for path in (*OPEN, *NEVER)} == {404}
    for path in ("/sign-in", "/auth/login", "/auth/logout", "/oauth2callback"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "outcomes.example@evil", "", "localhost:x", "a/localhost", "[::1"],
)
def test_a_host_that_is_not_ours_is_refused(host: str, signed: TestClient) -> None:
    for browser in (client(), signed):
        for path in ("/", "/healthz", "/_stcore/health", "/sign-in"):
            assert browser.get(path, headers={"Host": host}).status_code == 400
        with (
            pytest.raises(WebSocketDisconnect),
            opened(browser, f"http://{host}", host),
        ):
            pass
    assert client().get("/", headers={"Host": "LOCALHOST.:99"}).status_code == 200


def test_every_answer_carries_the_headers(signed: TestClient) -> None:
    for browser in (client(), client(sign_in(ORIGIN)), signed):
        for path in (*OPEN, *NEVER, "/healthz", "/readyz", "/sign-in"):
            answer = browser.get(path)
            policy = answer.headers["Content-Security-Policy"]
            scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert scripts.startswith("script-src 'self' 'sha256-")
            assert "unsafe" not in scripts
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Access-Control-Allow-Origin" not in answer.headers
            if not path.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "no-store"
    assert signed.get("/").headers["Strict-Transport-Security"]
    assert "; Secure" in signed.get("/").headers["Set-Cookie"]
    assert "; Secure" not in client().get("/").headers["Set-Cookie"]


def test_an_error_tells_nothing_of_the_inside(signed: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = signed.get("/records?fail=1")
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"]
    assert PATIENT not in answer.text + caplog.text
    assert "ValueError" in caplog.text


def test_health_and_readiness() -> None:
    assert client().get("/healthz").text == "ok"
    assert client().get("/readyz").status_code == 200
    assert client(is_ready=False).get("/readyz").status_code == 503
    assert client(sign_in(ORIGIN), is_ready=False).get("/healthz").status_code == 200


def test_strangers_get_the_page_to_sign_in_and_nothing_else() -> None:
    browser = client(sign_in(ORIGIN))
    assert {browser.get(path).status_code for path in (*OPEN, *NEVER)} == {200, 401}
    assert browser.get("/_stcore/health").text == "ok"
    assert "Sign in" in browser.get("/records").text
    assert "the app" not in "".join(browser.get(path).text for path in (*OPEN, *NEVER))
    with pytest.raises(WebSocketDisconnect), opened(browser):
        pass
    for path in ("/auth/login", "/auth/logout"):
        assert browser.get(path).text == "the app"
    assert browser.post("/auth/login").status_code == 404


def test_whoever_signs_in_comes_to_the_page_they_asked_for() -> None:
    browser = client(sign_in(ORIGIN))
    browser.get("/records?clinic=S%C3%BCd&records_by=area")
    assert browser.get("/oauth2callback").headers["Location"] == "/records?clinic=S%C3%BCd&records_by=area"
    assert browser.get("/oauth2callback").headers["Location"] == "/"
    for elsewhere in (
        "//evil.example",
        "https%3A%2F%2Fevil.example",
        "%2Fa%0d%0aSet-Cookie%3A x",
        "%2F%2Fevil.example",
    ):
        answer = browser.get("/oauth2callback", headers={"Cookie": f"outcomes_asked={elsewhere}"})
        assert answer.headers["Location"] == "/"


NOW = int(time.time())


@pytest.mark.parametrize(
    ("told", "secret"),
    [
        ({}, "another secret that is long enough for this"),
        ({"exp": NOW - 1}, ""),
        ({"exp": None}, ""),
        ({"exp": "tomorrow"}, ""),
        ({"exp": True}, ""),
        ({"iat": NOW - 13 * 3600, "exp": NOW + 9999}, ""),
        ({"iat": None}, ""),
        ({"origin": "https://evil.example"}, ""),
        ({"is_logged_in": False}, ""),
        ({"sub": None}, ""),
        ({"sub": 7}, ""),
    ],
)
def test_a_cookie_that_does_not_hold_is_a_strangers(told: dict[str, Any], secret: str) -> None:
    browser = client(sign_in(ORIGIN))
    said = claims(ORIGIN, **told)
    browser.cookies.set(COOKIE, cookie(said, secret) if secret else cookie(said))
    assert browser.get("/records").status_code == 401
    assert browser.get(MINE).status_code == 401
    with pytest.raises(WebSocketDisconnect), opened(browser):
        pass


def test_a_cookie_is_not_taken_unsigned_or_for_another() -> None:
    browser = client(sign_in(ORIGIN))
    told = claims(ORIGIN)
    good = cookie(told)
    for forged in (
        good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:],
        good.split(".")[0],
        cookie(told, name="other"),
        "chunks-2",
        "",
    ):
        browser.cookies.set(COOKIE, forged)
        assert browser.get("/").status_code == 401


def test_whoever_has_no_role_is_told_whom_to_ask() -> None:
    browser = client(sign_in(ORIGIN, contact="the front desk <7>"))
    for roles in (None, [], ["admin"], "Owner"):
        browser.cookies.set(COOKIE, cookie(claims(ORIGIN, roles=roles, name="<b>Eve</b>")))
        answer = browser.get("/records")
        assert answer.status_code == 403
        assert "the front desk &lt;7&gt;" in answer.text
        assert "<b>" not in answer.text
        assert browser.get("/static/js/index.js").status_code == 403
        with (
            pytest.raises(WebSocketDisconnect),
            opened(browser),
        ):
            pass


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://outcomes.example", "null", "", "https://outcomes.example.evil"]
)
def test_a_socket_comes_from_a_page_of_ours(origin: str, signed: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), opened(signed, origin):
        pass
    with pytest.raises(WebSocketDisconnect), opened(client(), origin):
        pass
    with pytest.raises(WebSocketDisconnect), opened(signed, path="/_stcore/other"):
        pass
    with opened(signed) as stream:
        assert MINE.encode() in stream.receive_bytes()


def test_a_link_is_answered_to_whom_it_was_sent(signed: TestClient) -> None:
    manager, other = (client(sign_in(ORIGIN)) for _ in range(2))
    manager._transport = other._transport = signed._transport  # three browsers, one server
    manager.cookies.set(COOKIE, cookie(claims(ORIGIN, nonce="n2", roles="manager")))
    other.cookies.set(COOKIE, cookie(claims(ORIGIN, nonce="n3", roles="manager")))
    for browser in (signed, manager):
        assert browser.get(MINE).status_code == 404
        with opened(browser) as stream:
            stream.receive_bytes()
        assert browser.get(MINE).text == "the app"
        assert browser.get(THEIRS).status_code == 404
        assert other.get(MINE).status_code == 404
        assert other.put(UPLOAD).status_code == 404
    assert signed.put(UPLOAD).status_code == 403
    assert manager.put(UPLOAD).text == "the app"
    assert manager.delete(UPLOAD).text == "the app"


def test_after_sign_out_a_kept_cookie_opens_nothing(signed: TestClient) -> None:
    again = client(sign_in(ORIGIN))
    again.cookies.set(COOKIE, cookie(claims(ORIGIN, nonce="n2")))
    with opened(signed) as stream:
        stream.receive_bytes()
        assert signed.get(MINE).status_code == 200
        assert signed.get("/auth/logout").text == "the app"
        assert signed.get(MINE).status_code == 401
        assert signed.get("/").status_code == 401
        assert "Your sign-in has ended" in signed.get("/").text
        with pytest.raises(WebSocketDisconnect):
            stream.receive_bytes()  # the socket that was open is let go, though nobody has said anything
    assert client(sign_in(ORIGIN)).get("/", headers={"Cookie": f"{COOKIE}={signed.cookies[COOKIE]}"}).status_code == 401
    assert again.get("/").status_code == 200  # the same person, signed in on another machine


def test_a_socket_does_not_outlive_its_token() -> None:
    browser = client(sign_in(ORIGIN))
    told = claims(ORIGIN) | {"exp": time.time() + 0.4}
    browser.cookies.set(COOKIE, cookie(told))
    with opened(browser) as stream:
        stream.receive_bytes()
        stream.send_bytes(b"still here")
        assert stream.receive_bytes() == b"still here"
        with pytest.raises(WebSocketDisconnect) as let_go:
            stream.receive_bytes()
    assert let_go.value.code == 1008
    assert time.time() > told["exp"]


def test_a_socket_is_let_go_when_roles_change(signed: TestClient, place: Path) -> None:
    with opened(signed) as stream:
        stream.receive_bytes()
        (place / "outcomes.json.d").mkdir(exist_ok=True)
        (place / "outcomes.json.d" / "people.toml").write_text('[someone]\nroles = ["owner"]\n')
        with pytest.raises(WebSocketDisconnect):
            stream.receive_bytes()
    assert signed.get("/").status_code == 200


def test_the_gate_lets_the_lifespan_through() -> None:
    begun = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["type"])
        await Starlette()(scope, receive, send)

    with TestClient(Gate(inner, frozenset({"localhost"}), None, lambda: True), base_url="http://localhost"):
        assert begun == ["lifespan"]
