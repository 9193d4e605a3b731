"""Cookies as Streamlit makes them at a sign-in, true and forged."""

from __future__ import annotations

import json
import time
from typing import Any

from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from dashboard.server.sign_in import SignIn

SECRET = "a secret that no one else could have guessed"
COOKIE = "_streamlit_user"


def claims(home: str, **changed: Any) -> dict[str, Any]:
    """What the cookie of somebody says who has just signed in; None takes a claim away."""
    now = int(time.time())
    told = {"sub": "someone", "name": "Some One", "roles": ["analyst"], "iat": now, "exp": now + 3600}
    told |= {"nonce": "n1", "is_logged_in": True, "origin": home, "provider": "default", **changed}
    return {key: said for key, said in told.items() if said is not None}


def cookie(told: dict[str, Any], secret: str = SECRET, name: str = COOKIE) -> str:
    return create_signed_value(secret, name, json.dumps(told)).decode()


def sign_in(origin: str = "https://outcomes.example", **settings: Any) -> SignIn:
    return SignIn(origin, SECRET, **settings)
