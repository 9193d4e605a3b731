"""What a token and the practice's own list say of a person, which settings are no sign-in, and what a role may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton

from dashboard import access
from dashboard.access import EVERYBODY, NOBODY, ROLES, Role, Viewer
from dashboard.ending import Refused
from dashboard.server.listening import INSECURE_VARIABLE, checked, host_of, is_loopback, names
from dashboard.server.sign_in import _has_no_secrets, configured
from dashboard.ui import cache
from tests.access.signing import SECRET, claims, sign_in

ORIGIN = "https://outcomes.example"
WHOLE = {
    "redirect_uri": f"{ORIGIN}/oauth2callback",
    "cookie_secret": SECRET,
    "client_id": "outcomes",
    "client_secret": "s",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
Configure = Callable[..., None]


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the practice's list of people."""
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(tmp_path / "outcomes.json"))
    (tmp_path / "outcomes.json.d").mkdir()

    def write(text: str) -> None:
        (tmp_path / "outcomes.json.d" / "people.toml").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    """Settings as Streamlit reads them: a file of secrets, and options of the server."""
    before = {key: config.get_option(key) for key in ("secrets.files", "server.address", "server.allowedHosts")}
    before |= {key: config.get_option(key) for key in ("server.trustedUserHeaders", "server.baseUrlPath")}

    def write(text: str | None, **server: Any) -> None:
        place = tmp_path / "secrets.toml"
        place.unlink(missing_ok=True)
        if text is not None:
            place.write_text(text, encoding="utf-8")
        config.set_option("secrets.files", [str(place)])
        for key, value in server.items():
            config.set_option(f"server.{key}", value)
        forget()

    def forget() -> None:
        secrets_singleton._reset()
        _has_no_secrets.cache_clear()

    yield write
    for key, value in before.items():
        config.set_option(key, value)
    forget()


def auth(own: str = "", **changed: str | None) -> str:
    """The file of secrets, whole but for what is changed, or with None taken away."""
    lines = [f'{key} = "{value}"' for key, value in {**WHOLE, **changed}.items() if value is not None]
    return "\n".join(["[auth]", *lines, "[access]", own])


@pytest.mark.parametrize(
    ("settings", "told", "expected"),
    [
        ({}, {"roles": ["owner", "analyst"]}, ("owner analyst", (), ())),
        ({}, {"roles": "manager"}, ("manager", (), ())),
        ({}, {"roles": ["Owner", "root", "owner "]}, ("", (), ())),
        ({}, {"roles": {"owner": True}}, ("", (), ())),
        ({}, {"roles": [["owner"]]}, ("", (), ())),
        ({}, {"roles": None}, ("", (), ())),
        ({"roles_claim": "realm_access.roles"}, {"realm_access": {"roles": ["owner"]}}, ("owner", (), ())),
        ({"roles_claim": "https://x.example/roles"}, {"https://x.example/roles": ["owner"]}, ("owner", (), ())),
        ({"roles": {"Leitung": "owner"}}, {"roles": ["Leitung", "analyst"]}, ("owner analyst", (), ())),
        ({"clinics_claim": "clinics"}, {"roles": "owner", "clinics": ["Nord", "Süd"]}, ("owner", ("Nord", "Süd"), ())),
        ({"clinics_claim": "clinics"}, {"roles": "owner", "clinics": "*"}, ("owner", (), ())),
        ({"clinics_claim": "clinics"}, {"roles": "owner"}, ("", (), ())),
        ({"clinics_claim": "clinics"}, {"roles": "owner", "clinics": []}, ("", (), ())),
        ({"clinics_claim": "clinics"}, {"roles": "owner", "clinics": [7]}, ("", (), ())),
        ({"practitioners_claim": "who"}, {"roles": "owner"}, ("owner", (), ())),
        ({"practitioners_claim": "who"}, {"roles": "clinician"}, ("", (), ())),
        ({"practitioners_claim": "who"}, {"roles": ["clinician"], "who": "Dr A"}, ("clinician", (), ("Dr A",))),
    ],
)
def test_what_the_claims_say(
    settings: dict[str, Any], told: dict[str, Any], expected: tuple[Any, ...], people: Callable[[str], None]
) -> None:
    who = sign_in(**settings).viewer(claims(ORIGIN, **told))
    assert who is not None
    assert (" ".join(role for role in ROLES if role in who.roles), who.clinics, who.practitioners) == expected
    assert (who.subject, who.name) == ("someone", "Some One")


LISTED = """
[someone]
roles = ["clinician", "manager"]
clinics = ["Nord"]
practitioners = ["Dr A"]
["Anna@Praxis.example"]
roles = ["owner"]
"""


@pytest.mark.parametrize(
    ("listed", "told", "expected"),
    [
        (LISTED, {}, ("clinician manager", ("Nord",), ("Dr A",))),
        (LISTED, {"sub": "x", "email": "anna@praxis.EXAMPLE", "email_verified": True}, ("owner", (), ())),
        (LISTED, {"sub": "x", "email": "anna@praxis.example", "email_verified": False}, ("analyst", (), ())),
        (LISTED, {"sub": "x", "email": "anna@praxis.example"}, ("analyst", (), ())),
        (LISTED, {"sub": "Anna@Praxis.example"}, ("owner", (), ())),
        (LISTED, {"sub": "x"}, ("analyst", (), ())),
        ("[someone]\nroles = []", {}, ("", (), ())),
        ('[someone]\nroles = ["boss"]', {}, ("", (), ())),
        ('[someone]\nroles = ["owner"]\nclinics = []', {}, ("", (), ())),
        ('[someone]\nroles = ["owner"]\nclinic = ["Nord"]', {}, ("", (), ())),
        ('someone = "owner"', {}, ("", (), ())),
        ("[someone\nroles", {}, ("", (), ())),
        ("[someone\nroles", {"sub": "x"}, ("", (), ())),
    ],
)
def test_what_the_practice_lists(
    listed: str, told: dict[str, Any], expected: tuple[Any, ...], people: Callable[[str], None]
) -> None:
    people(listed)
    who = sign_in().viewer(claims(ORIGIN, **told))
    assert who is not None
    assert (" ".join(role for role in ROLES if role in who.roles), who.clinics, who.practitioners) == expected
    people('[someone]\nroles = ["owner"]\n# another length\n')
    again = sign_in().viewer(claims(ORIGIN))
    assert again is not None
    assert again.roles == {"owner"}


def test_what_each_role_may() -> None:
    may = ("see_figures", "see_records", "see_patients", "use_sql", "import", "save_views", "read_audit")
    expected: dict[Role | None, set[str]] = {
        None: set(),
        "owner": {"see_figures"},
        "clinician": {"see_figures", "see_records", "see_patients", "save_views"},
        "analyst": {"see_figures", "see_records", "use_sql", "save_views"},
        "manager": {"see_figures", "import", "save_views", "read_audit"},
    }
    for role, rights in expected.items():
        with access.in_place_of(Viewer("s", "n", frozenset({role} if role else ()))):
            assert {right for right in may if getattr(access, f"may_{right}")()} == rights
    with access.in_place_of(EVERYBODY):
        assert all(getattr(access, f"may_{right}")() for right in may)
    with access.in_place_of(NOBODY):
        assert not any(getattr(access, f"may_{right}")() for right in may)


@pytest.mark.parametrize("who", [NOBODY, Viewer("s", "n", frozenset(), clinics=("North",))])
def test_nobody_is_limited_to_nothing_and_not_to_everything(who: Viewer) -> None:
    """A sign-in may end in the midst of a page: from then on it is cut to no clinic, and told no number."""
    with access.in_place_of(who):
        for limit in (cache.figures_scope, cache.records_scope, access.smallest_told):
            with pytest.raises(access.NoRole):
                limit()


@pytest.mark.parametrize(
    ("secrets", "reason"),
    [
        (auth(client_secret=None), "lacks client_secret"),
        (auth(cookie_secret="short"), "at least 32"),
        (auth(redirect_uri="http://outcomes.example/oauth2callback"), "https://"),
        (auth(redirect_uri=f"{ORIGIN}/elsewhere"), "/oauth2callback"),
        (auth('role_claim = "roles"'), "role_claim"),
        (auth('[access.roles]\nBoss = "boss"'), "boss"),
        ("[auth]", "lacks redirect_uri"),
        ("[auth", "cannot be read"),
    ],
)
def test_half_a_sign_in_is_none_at_all(secrets: str, reason: str, configure: Configure) -> None:
    configure(secrets)
    with pytest.raises(Refused, match=reason):
        checked()


def test_a_sign_in_that_is_whole(configure: Configure) -> None:
    configure(auth('roles_claim = "groups"\nlongest_hours = 8'), address="0.0.0.0")
    asked = checked()
    assert asked is not None
    assert asked == configured()
    assert (asked.origin, asked.roles_claim, asked.longest_hours) == (ORIGIN, "groups", 8)
    assert SECRET not in repr(asked)
    assert "outcomes.example" in names()
    configure(auth(), trustedUserHeaders={"X-User": "email"})
    with pytest.raises(Refused, match="trustedUserHeaders"):
        checked()


@pytest.mark.parametrize("secrets", [None, auth()])
def test_it_is_served_at_the_root_of_a_host_name_alone(configure: Configure, secrets: str | None) -> None:
    configure(secrets, baseUrlPath="/outcomes/")
    with pytest.raises(Refused, match=r"server\.baseUrlPath would move it below /outcomes, .* host name of its own"):
        checked()
    configure(secrets, baseUrlPath="")
    checked()


@pytest.mark.parametrize(
    ("server", "insecure", "reason"),
    [
        ({"address": "0.0.0.0"}, False, "no sign-in is configured"),
        ({"address": None}, False, "no sign-in is configured"),
        ({"address": "192.0.2.7"}, False, "no sign-in is configured"),
        ({"address": "127.0.0.1", "allowedHosts": ["outcomes.example"]}, False, "no sign-in is configured"),
        ({"address": "127.0.0.1", "allowedHosts": ["*"]}, False, "no sign-in is configured"),
        ({"address": "0.0.0.0", "allowedHosts": ["localhost"]}, True, "--allow-host"),
        ({"address": "0.0.0.0", "allowedHosts": ["outcomes.example"]}, True, ""),
        ({"address": "192.0.2.7"}, True, ""),
        ({"address": "localhost"}, False, ""),
        ({"address": "::1", "allowedHosts": ["localhost"]}, False, ""),
    ],
)
def test_where_it_may_listen_without_sign_in(
    server: dict[str, Any], insecure: bool, reason: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(None, **{"allowedHosts": [], **server})
    monkeypatch.setenv(INSECURE_VARIABLE, "1" if insecure else "")
    if reason:
        with pytest.raises(Refused, match=reason):
            checked()
        return
    assert checked() is None
    assert {"localhost", "127.0.0.1", "::1", *server.get("allowedHosts", [])} <= names()


def test_names_and_addresses() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.evil", "")] == [False] * 5
    assert [host_of(host) for host in ("A.b:1", "[::1]:2", "a.", "a@b", "a/b", "a:x", "")] == [
        "a.b",
        "::1",
        "a",
        *[""] * 4,
    ]
