"""A real provider and a real Chromium: each role signs in, and opens what it may, and nothing else."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from dashboard import audit
from dashboard.pages import SECTIONS
from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.browser.test_browser import PATIENCE, browser, pytestmark, serious, settle
from tests.conftest import import_once
from tests.drawing import random_exports
from tests.faults.sessions import Session, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["browser", "pytestmark"]

ROOT = Path(__file__).parent.parent.parent
CLOSED = {
    "owner": {"Patients", "SQL", "Data", "Audit"},
    "clinician": {"SQL", "Data", "Audit"},
    "analyst": {"Patients", "Data", "Audit"},
    "manager": {"Patients", "SQL"},
}
PATHS = {"Patients": "patients?patient_pseudonym=p-1", "SQL": "sql?sql=select+1", "Data": "data", "Audit": "audit"}
NAMES = {role: f"{role.title()} Somebody" for role in (*CLOSED, "nobody")}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], health: str, log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server as a process of its own, once it answers."""
    environment = {**os.environ, **variables}
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=written, stderr=written)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(health, timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An OpenID Connect provider who knows one person of each role, and one without."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    people = [{"sub": role, "name": name, "roles": [role]} for role, name in NAMES.items()]
    users = [part for person in people for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users]
    log = tmp_path_factory.mktemp("provider") / "log"
    with running(command, f"{address}/.well-known/openid-configuration", log):
        yield address


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the snapshot, and of all that is kept beside it."""
    return tmp_path_factory.mktemp("signed-in")


@pytest.fixture(scope="module")
def address(provider: str, place: Path) -> Iterator[str]:
    """The dashboard with sign-in at that provider; by the end it may not have logged a failure."""
    import_once(random_exports(1), place)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (place / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
        f'client_id = "outcomes"\nclient_secret = "s"\n'
        f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n'
        'client_kwargs = { prompt = "login" }\n[access]\ncontact = "the front desk"\n'
    )
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", str(port)]
    command += ["--snapshot", str(place / "outcomes.json")]
    with running(
        command, f"{address}/readyz", log := place / "log", STREAMLIT_SECRETS_FILES=str(place / "secrets.toml")
    ):
        yield address
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


@dataclass
class SignedIn:
    """Somebody's browser, and what it complained of."""

    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)

    @property
    def kept(self) -> dict[str, str]:
        """The cookies, by their names."""
        cookies: list[Any] = self.context.cookies()
        return {one["name"]: one["value"] for one in cookies}

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.kept.items())

    def listen(self) -> None:
        self.page.on("console", lambda said: self.wrong.append(said.text) if "Policy" in said.text else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def asks(self, address: str, path: str) -> Shown:
        """What is sent of a page to them, asked for without the browser."""
        session = Session(address, "somebody")
        for name, value in self.kept.items():
            session.keep(name, value)
        with closing(session):
            return session.open(*path.partition("?")[::2])

    def open(self, url: str) -> str:
        """Goes there; the heading that stands there then."""
        self.page.goto(url)
        settle(self.page)
        return self.page.locator("h1").first.inner_text()


def plainly(shown: Shown) -> str:
    """What was sent without the signs that keep markdown from being any."""
    return shown.text.replace("\\", "")


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Iterator[dict[str, SignedIn]]:
    """One browser for each, who was sent a link, signed in at the provider, and came to where the link leads."""
    everybody = {}
    for role in NAMES:
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        somebody = everybody[role] = SignedIn(context, context.new_page())
        page = somebody.page
        page.goto(f"{address}/records")
        assert page.locator("h1").inner_text() == "Sign in to Outcomes"
        page.get_by_role("link", name="Sign in").click()
        page.get_by_role("button", name=role, exact=True).click()
        page.wait_for_url(f"{address}/records")
        somebody.listen()
    yield everybody
    for somebody in everybody.values():
        somebody.context.close()
        assert not somebody.wrong


@pytest.mark.parametrize("role", list(CLOSED))
def test_a_role_opens_its_pages_and_no_other(role: str, signed_in: dict[str, SignedIn], address: str) -> None:
    somebody = signed_in[role]
    page = somebody.page
    settle(page)
    assert page.locator("h1").first.inner_text() == "Records"
    menu = {"Overview"}
    for section in page.get_by_test_id("stTopNavSection").all():
        section.click()
        menu |= {item.inner_text() for item in page.get_by_role("menuitem").all()}
        page.keyboard.press("Escape")
    assert menu == {each.TITLE for pages in SECTIONS.values() for each in pages} - CLOSED[role]
    offered = page.get_by_role("combobox", name="Table", exact=True).input_value()
    assert (offered == "Treatments") == (role in ("clinician", "analyst"))
    assert NAMES[role] in page.get_by_test_id("stSidebar").inner_text()
    first, *others = sorted(CLOSED[role])
    assert somebody.open(f"{address}/{PATHS[first]}") == "Not open to you"
    is_told_so(role, first, page.get_by_test_id("stMain").inner_text())
    for title in others:  # without the browser: all that is sent, whether it is shown or not
        sent = somebody.asks(address, PATHS[title])
        assert (sent.heading, sent.exceptions) == ("Not open to you", [])
        is_told_so(role, title, plainly(sent))


def is_told_so(role: str, title: str, told: str) -> None:
    assert f'The page "{title}" is not open to your role, {role}. If you need it, ask the front desk.' in told
    assert not re.search(r"\bP\d+\b", told)


def test_whoever_has_no_role_sees_nothing(signed_in: dict[str, SignedIn], address: str) -> None:
    nobody = signed_in["nobody"]
    assert not serious(nobody.page)
    assert "been given no role here yet. To be given one, ask the front desk." in nobody.page.inner_text("main")
    assert nobody.context.request.get(f"{address}/static/index.html").status == 403
    with pytest.raises(InvalidStatus), stream(address, nobody.cookies):
        pass


def stream(address: str, cookies: str, **headers: str) -> ClientConnection:
    """The app's socket, as a browser opens it."""
    host = headers.pop("Host", "")
    origin = headers.pop("Origin", address)
    given = {"Cookie": cookies, **({"Host": host} if host else {})}
    return connect(
        f"{address.replace('http', 'ws')}/_stcore/stream",
        origin=Origin(origin),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers=given,
        open_timeout=20,
    )


def test_a_socket_wants_a_true_cookie_and_a_page_of_ours(signed_in: dict[str, SignedIn], address: str) -> None:
    good = signed_in["manager"].cookies
    with stream(address, good):
        pass
    forged = cookie(claims(address, roles="manager"), "a secret that somebody else made up for this")
    expired = cookie(claims(address, roles="manager", exp=int(time.time()) - 1))
    for cookies in ("", f"{COOKIE}={forged}", f"{COOKIE}={expired}", f"{COOKIE}=x"):
        with pytest.raises(InvalidStatus) as refused, stream(address, cookies):
            pass
        assert refused.value.response.status_code == 403
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        with pytest.raises(InvalidStatus), stream(address, good, **headers):
            pass


def test_a_link_to_a_file_is_good_for_one_sign_in_until_it_ends(
    signed_in: dict[str, SignedIn], address: str, place: Path
) -> None:
    analyst = signed_in["analyst"]
    page = analyst.page
    analyst.open(f"{address}/records?records_table=Treatments")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    link = download.value.url
    assert "/media/" in link
    of_file = [event for event in noted(place) if event.what == "download"][-1]
    content = Path(download.value.path()).read_bytes()
    assert (of_file.who, of_file.name) == ("analyst", NAMES["analyst"])
    assert of_file.about["sha256"] == hashlib.sha256(content).hexdigest()
    assert of_file.about["rows"] == content.count(b"\n") - 1
    assert of_file.about["file"] == "treatments.csv"
    assert {row["patient_id"][:2] for row in table(content)} == {"p-"}
    others = {role: somebody.context.request.get(link).status for role, somebody in signed_in.items()}
    assert others == {"owner": 404, "clinician": 404, "analyst": 200, "manager": 404, "nobody": 403}
    kept = analyst.cookies
    with stream(address, kept) as left_open:
        page.get_by_test_id("stPopover").get_by_role("button", name=NAMES["analyst"]).click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_selector("text=End Session")  # the provider ends its own session, too
        assert "id_token_hint" in page.url
        page.locator("form button").click()
        page.wait_for_url(f"{address}/")
        assert page.locator("h1").inner_text() == "Sign in to Outcomes"
        assert not [one for one in analyst.context.cookies() if one.get("name", "").startswith(COOKIE)]
        for path in (link.removeprefix(address), "/records", "/_stcore/host-config"):
            asked = urllib.request.Request(address + path, headers={"Cookie": kept})
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(asked)
        with pytest.raises(InvalidStatus), stream(address, kept):
            pass
        with pytest.raises(ConnectionClosed):
            list(left_open)


def test_a_file_is_dropped_in_by_managers_alone(signed_in: dict[str, SignedIn], address: str, tmp_path: Path) -> None:
    manager = signed_in["manager"]
    dropped = tmp_path / "treatments.csv"
    dropped.write_text("treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-01,skincare\n")
    manager.open(f"{address}/data")
    with manager.page.expect_request(re.compile("upload_file")) as sent:
        manager.page.locator('[data-testid="stFileUploaderDropzone"] input[type=file]').set_input_files(dropped)
    answered = sent.value.response()
    assert answered is not None
    assert answered.status == 204
    for role, status in {"owner": 404, "clinician": 404, "nobody": 403}.items():
        assert signed_in[role].context.request.put(sent.value.url, data=b"x").status == status
    settle(manager.page)
    assert "treatments.csv" in manager.page.get_by_test_id("stMain").inner_text()


def test_small_numbers_and_what_has_no_rule_are_told_to_those_alone_who_see_patients(
    signed_in: dict[str, SignedIn], address: str
) -> None:
    shown = {}
    for role in ("owner", "clinician"):
        sent = signed_in[role].asks(address, "watch")
        assert sent.heading == "Watch"
        shown[role] = plainly(sent)
        assert "Rate by month" in shown[role]
    assert "What crossed a limit" in shown["clinician"]
    assert "What crossed a limit" not in shown["owner"]


def test_whoever_is_limited_to_a_clinic_gets_no_row_of_another(address: str, place: Path) -> None:
    people = place / "outcomes.json.d" / "people.toml"
    people.write_text('[limited]\nroles = ["analyst"]\nclinics = ["North"]\n')
    with closing(Session(address, "limited")) as limited:
        limited.keep(COOKIE, cookie(claims(address, sub="limited", roles="manager")))
        shown, rows = treatments(limited)
        assert {row["clinic"] for row in rows} == {"North"}
        assert 0 < len(rows) < len(table((place / "exports" / "treatments.csv").read_bytes()))
        assert "only clinic North" in plainly(shown)
        assert limited.open("data").heading == "Not open to you"
        who = next(row["practitioner"] for row in rows if row["practitioner"])
        people.write_text(f'[limited]\nroles = ["analyst"]\npractitioners = ["{who}"]\n')
        with pytest.raises(ConnectionError):  # who may now read something else has to open a page anew
            limited.open("side-effects")
        assert f"Only practitioner {who}" in plainly(limited.open("side-effects")).replace("only", "Only")
        _, rows = treatments(limited)
        assert {row["practitioner"] for row in rows} == {who}


def treatments(session: Session) -> tuple[Shown, list[dict[str, str]]]:
    """The page of the treatment records as it is sent, and the rows that its download holds."""
    shown = session.open("records", "records_table=Treatments")
    assert (shown.heading, shown.exceptions) == ("Records", [])
    return shown, table(session.read(session.download(shown.widget("CSV"))))


def test_who_saw_what_is_noted_for_managers_to_read(signed_in: dict[str, SignedIn], address: str, place: Path) -> None:
    owner, manager = signed_in["owner"], signed_in["manager"]
    owner.open(f"{address}/side-effects?treatment_type=Skincare")
    assert manager.open(f"{address}/audit") == "Audit"
    seen = noted(place)
    assert [(event.what, event.about) for event in seen if event.who == "owner"][-1] == (
        "page",
        {"page": "side-effects", "filters": {"treatment_type": ["skincare"]}},
    )
    assert seen[-1].about["page"] == "audit"
    assert {event.who for event in seen} >= {*CLOSED}
    assert not [event for event in seen if event.who == "owner" and event.about.get("page") in ("patients", "sql")]
    manager.page.get_by_role("button", name="Verify").click()
    manager.page.wait_for_selector(f"text={seen[-1].sha256}")
    assert not serious(manager.page)


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def noted(place: Path) -> list[audit.Event]:
    """The events of the log, which is as it was written."""
    log = audit.log_of(place / "outcomes.json")
    assert not audit.verify(log).problem
    return list(audit.events(log))


def test_when_a_sign_in_ends_an_open_page_asks_to_sign_in_again(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE)
        told = cookie(claims(address, roles="owner", name="Olga"))
        context.add_cookies([{"name": COOKIE, "value": told, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/records")
        settle(page)
        with contextlib.suppress(urllib.error.HTTPError):  # at the provider there is nothing to end
            urllib.request.urlopen(
                urllib.request.Request(f"{address}/auth/logout", headers={"Cookie": f"{COOKIE}={told}"})
            )
        page.wait_for_selector("text=Your sign-in has ended.")
        assert not serious(page)
        assert page.locator("h1").inner_text() == "Sign in to Outcomes"


def test_strangers_find_nothing_of_the_app(address: str) -> None:
    for path in (
        "/",
        "/_stcore/metrics",
        "/_stcore/host-config",
        "/static/",
        "/media/x",
        "/_stcore/agent/openapi.json",
    ):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address + path)
    asked = urllib.request.Request(address, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(asked)
