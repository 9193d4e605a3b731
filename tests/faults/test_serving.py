"""Twenty people read pages of one server with sign-in, and something breaks, and is mended.

Nobody is shown what broke, nor what is another's, and each is answered again without having to do anything else.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from urllib.parse import quote_plus

import pytest

import data
from dashboard import audit
from dashboard.store import open_snapshot
from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.access.test_signed_in import free_port, plainly, running
from tests.conftest import import_once
from tests.drawing import write_exports
from tests.faults.sessions import Session, Shown, words_of
from tests.scope.clinics import CLINICS, MARK, PATIENT, of_clinics
from tests.test_jobs import children

BEFORE, AFTER = of_clinics(), of_clinics(6)
PATIENTS = {
    clinic: {row["patient_id"] for rows in (BEFORE, AFTER) for row in rows.treatments if row["clinic"] == clinic}
    for clinic in CLINICS
}
OPENED = {
    "clinician": {"records": "Records", "patients": "Patients"},
    "analyst": {"sql": "SQL", "records": "Records"},
    "owner": {"side-effects": "Side effects"},
    "manager": {"data": "Data", "audit": "Audit"},
}
"""The pages that they read, and their headings."""
ROLES = ["clinician"] * 16 + ["analyst"] * 2 + ["owner", "manager"]
A_WHILE = 0.1


@dataclass
class Server:
    address: str
    place: Path
    process: Popen[bytes]
    provider: Callable[[], AbstractContextManager[object]]

    @property
    def pointer(self) -> Path:
        return self.place / "outcomes.json"

    @property
    def children(self) -> list[int]:
        return children(self.process.pid)


@dataclass
class Person:
    role: str
    clinic: str
    session: Session

    def reads(self, draw: random.Random) -> Shown | None:
        """A page of theirs as they are shown it, judged; None where they are not let in."""
        page = draw.choice(sorted(OPENED[self.role]))
        # Filters that nobody has had before, so that the page is to be noted, and to be counted.
        day = f"20{draw.randrange(10, 20)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        try:
            shown = self.session.open(page, f"treated_from={day}" if page != "sql" else "")
        except ConnectionError:
            return None
        self.judge(shown)
        assert (
            shown.errors or "Load the page again to sign in." in shown.text or shown.heading == OPENED[self.role][page]
        )
        return shown

    def judge(self, shown: Shown) -> None:
        assert not shown.exceptions
        assert "Traceback" not in shown.text
        assert not any(place in plainly(shown) for place in (data.__path__[0], "/site-packages/"))
        if self.clinic:
            assert set(MARK.findall(shown.text)) <= {self.clinic}
            assert set(PATIENT.findall(shown.text)) <= PATIENTS[self.clinic]


def person(address: str, role: str, clinic: str, subject: str) -> Person:
    """Somebody of that role who has signed in, and is limited to the clinic, if any."""
    session = Session(address, subject)
    session.keep(COOKIE, cookie(claims(address, sub=subject, roles=[role], clinics=clinic or "*")))
    return Person(role, clinic, session)


@dataclass
class Everybody:
    people: list[Person]
    pool: ThreadPoolExecutor
    others: dict[str, Person] = field(default_factory=dict)
    round: int = 0

    def read(self, meanwhile: Callable[[], object] = lambda: None) -> list[Shown | None]:
        """Everybody reads a page at once; a moment after they begin, that happens."""
        self.round += 1
        reading = [
            self.pool.submit(one.reads, random.Random(f"{self.round} {place}")) for place, one in enumerate(self.people)
        ]
        time.sleep(A_WHILE)
        meanwhile()
        return [one.result() for one in reading]

    def are_well(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        for shown in self.read(meanwhile):
            assert shown
            assert not shown.errors

    def one(self, role: str) -> Person:
        """One more of a role, who does not read with the others."""
        if role not in self.others:
            self.others[role] = person(self.people[0].session.address, role, "", f"another {role}")
        return self.others[role]


def titles(read: list[Shown | None]) -> set[str]:
    return {error.partition(":")[0] for shown in read if shown for error in shown.errors}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard, its clock in our hands, with sign-in at a provider that knows one clinician."""
    place = tmp_path_factory.mktemp("serving")
    import_once(BEFORE, place)
    ours, theirs = free_port(), free_port()
    address, provider = f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{theirs}"
    person = json.dumps({"sub": "someone", "name": "Some One", "roles": ["clinician"], "clinics": [CLINICS[0]]})
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(theirs), "--user-claims", person]
    found = f"{provider}/.well-known/openid-configuration"
    (place / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{SECRET}"\nclient_id = "outcomes"\n'
        f'client_secret = "s"\nserver_metadata_url = "{found}"\n[access]\nclinics_claim = "clinics"\n'
    )
    serve = [sys.executable, "-m", "tests.faults.clock", "serve", "--port", str(ours), "--snapshot"]
    (place / "temporary").mkdir()
    settings = {"STREAMLIT_SECRETS_FILES": str(place / "secrets.toml"), "TMPDIR": str(place / "temporary")}
    log = place / "log"
    with running([*serve, str(place / "outcomes.json")], f"{address}/readyz", log, **settings) as process:
        yield Server(address, place, process, lambda: running(command, found, place / "provider.log"))
    told = log.read_text(errors="replace")
    assert not PATIENT.search(told), told
    # That the provider could not be reached is told with where that was seen, and nothing else may fail so.
    assert "Traceback" not in re.sub(r"Error during OAuth.*?\nConnectError\n20", "", told, flags=re.DOTALL), told


@pytest.fixture(scope="module")
def everybody(server: Server) -> Iterator[Everybody]:
    people = [
        person(server.address, role, CLINICS[place % 4] if role == "clinician" else "", f"{role} {place}")
        for place, role in enumerate(ROLES)
    ]
    with ThreadPoolExecutor(len(people)) as pool:
        everybody = Everybody(people, pool)
        everybody.are_well()
        yield everybody
        for one in (*people, *everybody.others.values()):
            one.session.close()


def test_a_new_snapshot_is_published(server: Server, everybody: Everybody) -> None:
    exports = write_exports(AFTER, server.place / "after")
    everybody.are_well(lambda: data.import_exports([exports], server.pointer, replace=True))
    for one in everybody.people[:4]:
        rows = sum(row["clinic"] == one.clinic for row in AFTER.treatments)
        assert f"of {rows} treatment records" in one.session.open("records").text


def test_the_snapshot_is_deleted(server: Server, everybody: Everybody) -> None:
    file = data.current(server.pointer).path
    kept = file.read_bytes()
    untold = {"The data cannot be opened", "The data that was here cannot be opened"}
    try:
        assert titles(everybody.read(file.unlink)) <= untold
        read = [one.reads(random.Random(0)) for one in everybody.people if one.clinic in ("", CLINICS[0])]
    finally:
        file.write_bytes(kept)
        file.chmod(0o400)
    everybody.are_well()
    assert all(shown and shown.errors and titles([shown]) <= untold for shown in read)
    # Where it is is told to whoever can mend it.
    assert [str(server.place) in plainly(shown) for shown in read if shown] == [False] * (len(read) - 1) + [True]


def test_nothing_that_identifies_is_in_an_address_a_log_a_file_s_name_or_a_process(
    server: Server, everybody: Everybody
) -> None:
    clinician, analyst = (everybody.one(role).session for role in ("clinician", "analyst"))
    patient = min(row["patient_id"] for row in AFTER.treatments if row["clinic"] == CLINICS[0])
    found = clinician.open("patients").widget("Find a patient")
    shown = clinician.again({"id": found.id, "string_value": patient})
    assert patient in plainly(shown)
    pseudonym = open_snapshot(server.pointer).pseudonym(patient)
    assert clinician.query == f"patient_pseudonym={pseudonym}"
    link = clinician.download(shown.widget("One page to print"))
    _, url, page = clinician.get(link)
    assert patient in page
    assert not PATIENT.search(url + clinician.headers)
    colleague = everybody.people[0]
    assert colleague.clinic == CLINICS[0]
    assert patient in plainly(colleague.session.open("patients", clinician.query))
    asking = analyst.open("sql")
    sql = {"id": asking.widget("Query").id, "string_value": f"select * from treatments where patient_id = '{patient}'"}
    assert not analyst.again(sql, {"id": asking.widget("Run").id, "trigger_value": True}).errors
    assert "sql" not in analyst.query
    # A file that is made beside the pages: of a selection that names somebody.
    who = next(row["practitioner"] for row in AFTER.treatments if row["practitioner"])
    everybody.others.pop("analyst").session.close()
    analyst = everybody.one("analyst").session
    records = analyst.open("records", f"practitioner={quote_plus(who)}")
    chosen = {"id": records.widget("Tables").id, "string_array_value": {"data": ["Treatments"]}}
    make = {"id": analyst.again(chosen).widget("Make the bundle").id, "trigger_value": True}
    analyst.again(chosen, make)
    arguments = set()
    while not any(label.startswith("Download outcomes.zip") for label in analyst.again(chosen).labels):
        for child in server.children:
            with suppress(OSError):
                arguments.add(Path(f"/proc/{child}/cmdline").read_bytes())
    assert any(b"dashboard.cli.told" in each for each in arguments)
    assert not any(who.encode() in each or b"patient" in each for each in arguments)
    # All that the server wrote, but for the snapshots and what is cut from them, and all names.
    written = [file for file in server.place.rglob("*") if not {"exports", "after"} & {*file.parts}]
    kinds = {file.suffix for file in written if file.is_file()}
    assert {".jsonl", ".json", ".duckdb", ".zip", ""} <= kinds
    for file in written:
        assert not PATIENT.search(str(file))
        if file.is_file() and file.suffix not in (".duckdb", ".zip"):
            assert not PATIENT.search(file.read_text(errors="replace")), file
    seen = [event.about for event in audit.events(audit.log_of(server.pointer)) if event.what == "patient"]
    assert seen[-2:] == [{"patient": pseudonym}] * 2


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """No file can be written by the server, nor by the processes that it starts."""
    most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, most[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, most)


def test_the_disk_is_full(server: Server, everybody: Everybody) -> None:
    """Nothing is shown, and no file given, that cannot be noted; a page that was noted stays."""
    analyst, manager = everybody.one("analyst"), everybody.one("manager")
    records = analyst.session.open("records", "records_table=Treatments")
    chosen = {"id": records.widget("Tables").id, "string_array_value": {"data": ["Treatments", "Patients"]}}
    make = {"id": analyst.session.again(chosen).widget("Make the bundle").id, "trigger_value": True}
    log = audit.log_of(server.pointer)
    with full_disk(server):
        noted = log.read_bytes()
        again = analyst.session.again(chosen)
        analyst.judge(again)
        assert (again.heading, again.errors) == ("Records", [])
        assert not analyst.session.download(again.widget("CSV"))
        analyst.judge(analyst.session.again(chosen, make))
        unnoted = {"Not shown, because the audit log cannot be written"}
        assert titles(everybody.read()) == unnoted
        saved = manager.session.open("data")
        manager.judge(saved)
        assert log.read_bytes() == noted
    everybody.are_well()
    assert not audit.verify(log).problem
    assert analyst.session.download(analyst.session.open("records", "records_table=Treatments").widget("CSV"))


def test_a_process_that_answers_sql_is_killed(server: Server, everybody: Everybody) -> None:
    analyst = everybody.one("analyst").session
    opened = analyst.open("sql")
    run = {"id": opened.widget("Run").id, "trigger_value": True}

    def asked(sql: str) -> Shown:
        return analyst.again({"id": opened.widget("Query").id, "string_value": sql}, run)

    def kill() -> None:
        deadline = time.monotonic() + 20
        while not (children := server.children):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for child in children:
            os.kill(child, signal.SIGKILL)

    with ThreadPoolExecutor(1) as beside:
        asking = beside.submit(asked, "select count(*) as n from range(1000000000) a, range(1000000000) b")
        everybody.are_well(kill)
        answered = asking.result()
    everybody.one("analyst").judge(answered)
    assert titles([answered]) == {"The query gave no answer"}
    assert not asked("select count(*) as n from treatments").errors


def test_the_provider_is_down(server: Server) -> None:
    """As it is whenever everybody reads here: whoever is signed in stays so."""
    new = Session(server.address, "someone")
    status, _, page = new.get("/sign-in")
    assert status == 503
    assert "You cannot sign in just now" in words_of(page)
    assert "Traceback" not in page
    with server.provider():
        new.sign_in()
        shown = new.open("records")
        assert (shown.heading, shown.errors) == ("Records", [])
        assert set(MARK.findall(shown.text)) == {CLINICS[0]}
    # Whoever signs out while it is down has signed out here.
    kept = list(new.cookies)
    status, url, page = new.get("/auth/logout")
    assert (status, url) == (401, f"{server.address}/")
    for one in kept:
        new.cookies.set_cookie(one)
    with pytest.raises(ConnectionError):
        new.open("records")
    assert new.get("/records")[0] == 401


def test_the_clock_jumps_a_day_on_and_back(server: Server, everybody: Everybody) -> None:
    """Sign-ins expire when the clock says so, and hold again when it is set right; but not those that were ended."""
    ended, other = (person(server.address, "owner", "", subject).session for subject in ("ended", "other"))
    assert ended.open("side-effects").heading == "Side effects"
    told = list(ended.cookies)
    ended.get("/auth/logout")
    everybody.read(lambda: server.process.send_signal(signal.SIGUSR1))
    assert all(one.reads(random.Random(0)) is None for one in everybody.people[-4:])
    assert everybody.people[0].session.get("/records")[0] == 401
    other.get("/auth/logout")  # which forgets what has expired
    server.process.send_signal(signal.SIGUSR2)
    everybody.are_well()
    for cookie_of in told:
        ended.cookies.set_cookie(cookie_of)
    assert ended.get("/records")[0] == 401
    with pytest.raises(ConnectionError):
        ended.open("side-effects")
