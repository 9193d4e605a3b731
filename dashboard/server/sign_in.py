"""Who signed in by OpenID Connect, for how long that holds, and what they may.

Streamlit does the sign-in itself and keeps the claims of the ID token in a cookie that it signs; it neither looks at
their expiry, nor forgets a cookie when its owner signs out. Both are looked at here, whenever somebody asks.

Roles and limits of a person stand in `<pointer>.d/people.toml`, by subject or by an e-mail address that the provider
has verified, else in claims of the ID token. What cannot be understood gives nobody a role.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streamlit import auth_util, config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.access import NOBODY, ROLES, Role, Viewer
from dashboard.ending import Refused
from dashboard.server.logs import LOG

Claims = Mapping[str, Any]
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
NAMED = "STREAMLIT_SECRETS_FILES"
SHORTEST_SECRET = 32
PEOPLE = "people.toml"
SIGNED_OUT = "signed_out"
KEPT_SECONDS = 30 * 24 * 3600
"""For so long it is known of an expired sign-in that it was ended, too: a clock may be wrong, and be set back."""
EVERY = "*"
"""In a claim of clinics or practitioners: all of them."""


@dataclass(frozen=True)
class SignIn:
    """How people sign in.

    origin: scheme and host at which browsers reach the dashboard, of `redirect_uri`
    roles_claim, clinics_claim, practitioners_claim: names of claims, "" for none; with dots, claims in claims
    roles: what the provider calls a role, where it is not the role's own name
    longest_hours: how long a sign-in holds at most, whatever the token says
    contact: whom to ask for a role
    """

    origin: str
    cookie_secret: str = field(repr=False)
    roles_claim: str = "roles"
    clinics_claim: str = ""
    practitioners_claim: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)
    longest_hours: float = 12.0
    contact: str = "whoever runs this dashboard"

    def claims(self, cookies: Mapping[str, str]) -> Claims | None:
        """The claims in the cookies of a request; None where there are none that this server has signed."""

        def signed(name: str) -> bytes | None:
            value = cookies.get(name)
            return decode_signed_value(self.cookie_secret, name, value.encode("latin-1", "replace")) if value else None

        with contextlib.suppress(ValueError):
            told = json.loads(auth_util.get_cookie_with_chunks(signed, USER_COOKIE_NAME) or "null")
            if isinstance(told, dict) and told.get("is_logged_in") is True and told.get("origin") == self.origin:
                return told
        return None

    def viewer(self, claims: Claims | None) -> Viewer | None:
        """Who that is and what they may now; None where the sign-in has expired or ended, or never was."""
        if not claims or not self._holds_until(claims) > time.time() or _ended(claims).exists():
            return None
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            return None
        name = next((str(claims[key]) for key in ("name", "preferred_username", "email") if claims.get(key)), "You")
        try:
            return self._of_file(claims, subject, name) or self._of_claims(claims, subject, name)
        except ValueError as problem:
            LOG.error("somebody was given no role: %s", problem)
            return Viewer(subject, name, NOBODY.roles)

    def end(self, claims: Claims) -> None:
        """From here on that sign-in holds no more, whoever still has its cookie."""
        mark = _ended(claims)
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for earlier in mark.parent.iterdir():
            if earlier.stat().st_mtime < time.time() - KEPT_SECONDS:
                earlier.unlink(missing_ok=True)
        mark.touch(mode=0o600)
        until = self._holds_until(claims)
        os.utime(mark, (until, until))

    def _holds_until(self, claims: Claims) -> float:
        times = [claims.get("exp"), claims.get("iat")]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in times):
            return 0.0
        expires, issued = (float(each) for each in times if each is not None)
        return min(expires, issued + self.longest_hours * 3600)

    def _of_file(self, claims: Claims, subject: str, name: str) -> Viewer | None:
        people = _people()
        addressed = claims.get("email") if claims.get("email_verified") is True else None
        person = people.get(subject)
        if person is None and isinstance(addressed, str):
            person = {who.lower(): said for who, said in people.items() if "@" in who}.get(addressed.lower())
        if person is None:
            return None
        if not isinstance(person, dict) or set(person) - {"roles", "clinics", "practitioners"}:
            raise ValueError(f"{PEOPLE} may say roles, clinics and practitioners of a person, and nothing else")
        roles = _texts(person.get("roles"))
        if unknown := set(roles) - set(ROLES):
            raise ValueError(f"{PEOPLE} gives a role that there is not: {', '.join(sorted(unknown))}")
        limits = {key: _texts(person[key]) for key in ("clinics", "practitioners") if key in person}
        if not all(limits.values()):
            raise ValueError(
                f"{PEOPLE} limits a person to no clinic, or to no practitioner: leave the line out for all"
            )
        return Viewer(subject, name, frozenset(role for role in ROLES if role in roles), **limits)

    def _of_claims(self, claims: Claims, subject: str, name: str) -> Viewer:
        said = _texts(_claim(claims, self.roles_claim) or ())
        roles = frozenset(role for role in ROLES if role in {self.roles.get(each, each) for each in said})
        clinics = self._limit(claims, self.clinics_claim)
        practitioners = self._limit(claims, self.practitioners_claim if "clinician" in roles else "")
        return Viewer(subject, name, roles, clinics, practitioners)

    @staticmethod
    def _limit(claims: Claims, named: str) -> tuple[str, ...]:
        if not named:
            return ()
        limit = _texts(_claim(claims, named))
        if not limit:
            raise ValueError(f"the claim {named} is empty: all are {EVERY!r}")
        return () if EVERY in limit else limit


def configured() -> SignIn | None:
    """The sign-in of `.streamlit/secrets.toml`, or of what STREAMLIT_SECRETS_FILES names; None without [auth].

    Raises Refused where it has one that cannot work, for half a sign-in is none, and where it cannot be read.
    """
    if _has_no_secrets(tuple(config.get_option("secrets.files"))):
        return None
    if not secrets_singleton.load_if_toml_exists():
        raise Refused(".streamlit/secrets.toml is there and cannot be read, so nobody knows who may come in")
    if "auth" not in secrets_singleton:
        return None
    asked = secrets_singleton["auth"].to_dict()
    own = secrets_singleton["access"].to_dict() if "access" in secrets_singleton else {}
    return _configured(json.dumps([asked, own], default=str), auth_util.get_redirect_uri(secrets_singleton["auth"]))


@cache
def _has_no_secrets(places: tuple[str, ...]) -> bool:
    """Whether there was no such file when this was first asked; one that comes later holds from the next start on.

    Of other places it is asked anew: Streamlit reads STREAMLIT_SECRETS_FILES when its own command runs. Raises Refused
    for one that may not be read, and where that names none that can be found: whoever named it wants a sign-in.
    """
    found = [place for place in places if os.access(place, os.F_OK)]
    if hidden := [place for place in found if not os.access(place, os.R_OK)]:
        raise Refused(f"{hidden[0]} may not be read by this user, so nobody knows who may come in")
    if not found and os.environ.get(NAMED):
        raise Refused(f"{NAMED} names {', '.join(places)}: not there, or not for this user, so nobody may come in")
    return not found


@lru_cache(maxsize=1)
def _configured(settings: str, redirect_uri: str | None) -> SignIn:
    asked, own = json.loads(settings)
    if missing := [key for key in NEEDED if not isinstance(asked.get(key), str) or not asked[key]]:
        raise Refused(f"[auth] in .streamlit/secrets.toml lacks {', '.join(missing)}")
    if len(asked["cookie_secret"]) < SHORTEST_SECRET:
        raise Refused(f"cookie_secret in .streamlit/secrets.toml has to have at least {SHORTEST_SECRET} characters")
    address = urlsplit(redirect_uri or "")
    if address.path != "/oauth2callback" or not address.hostname:
        raise Refused("redirect_uri in .streamlit/secrets.toml has to end in the host name and /oauth2callback")
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Refused("redirect_uri in .streamlit/secrets.toml has to begin with https://")
    known = {"roles_claim", "clinics_claim", "practitioners_claim", "roles", "longest_hours", "contact"}
    if unknown := sorted(set(own) - known):
        raise Refused(f"[access] in .streamlit/secrets.toml has settings that there are not: {', '.join(unknown)}")
    if unknown := sorted({str(role) for role in own.get("roles", {}).values()} - set(ROLES)):
        raise Refused(f"[access.roles] in .streamlit/secrets.toml names roles that there are not: {', '.join(unknown)}")
    return SignIn(f"{address.scheme}://{address.netloc}", asked["cookie_secret"], **own)


def _claim(claims: Claims, name: str) -> Any:
    """A claim by its name, else by a path of names with dots between them."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(said: Any) -> tuple[str, ...]:
    """A text or a list of texts; raises ValueError for anything else."""
    texts = (said,) if isinstance(said, str) else said
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError("a text, or a list of texts, was expected of a claim or a line")
    return tuple(texts)


def _folder() -> Path:
    from dashboard.store import snapshot_path
    from data.generations import folder_of

    return folder_of(snapshot_path())


def _ended(claims: Claims) -> Path:
    """The file that is there once a sign-in has ended; every sign-in has its own, by all that the token says."""
    own = {key: said for key, said in claims.items() if key not in ("is_logged_in", "origin", "tokens")}
    digest = hashlib.sha256(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()
    return _folder() / SIGNED_OUT / digest


def sign_in_name(claims: Claims) -> str:
    """A name for one sign-in of one person, which tells nothing about them."""
    return _ended(claims).name


def _people() -> Mapping[str, Any]:
    """What people.toml says; nothing where it is not there. Raises ValueError where it cannot be read."""
    file = _folder() / PEOPLE
    try:
        seen = file.stat()
    except FileNotFoundError:
        return {}
    return _read_people(file, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=1)
def _read_people(file: Path, changed: int, size: int) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError(f"{PEOPLE} cannot be read as TOML") from None
