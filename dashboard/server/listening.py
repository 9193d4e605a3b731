"""Where the server may listen, and under which names it answers: this machine alone, unless people sign in."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from streamlit import config

from dashboard.ending import Refused
from dashboard.server.sign_in import SignIn, configured

INSECURE_VARIABLE = "OUTCOMES_INSECURE"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_insecure() -> bool:
    """Whether OUTCOMES_INSECURE=1 lets others in without signing in."""
    return os.environ.get(INSECURE_VARIABLE, "") == "1"


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def names() -> frozenset[str]:
    """The names under which the server answers: of this machine, of `server.allowedHosts`, and of the sign-in."""
    address = str(config.get_option("server.address") or "")
    asked = [*LOOPBACK, address, *config.get_option("server.allowedHosts")]
    if sign_in := configured():
        asked.append(urlsplit(sign_in.origin).hostname or "")
    return frozenset(name.strip().lower().rstrip(".") for name in asked if name)


def host_of(header: str) -> str:
    """The name in a Host header, in small letters and without its port; "" where it is none."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return ""
    is_name_alone = not (parts.username or parts.password or parts.path or parts.query or parts.fragment)
    return (parts.hostname or "").rstrip(".") if is_name_alone else ""


def checked() -> SignIn | None:
    """The sign-in that is configured, if any, where the server may listen as its settings say; else raises Refused."""
    if base := str(config.get_option("server.baseUrlPath") or "").strip("/"):
        raise Refused(
            f"server.baseUrlPath would move it below /{base}, where its gate does not look: take it out of the "
            "settings, and give it a host name of its own"
        )
    address, allowed = str(config.get_option("server.address") or "0.0.0.0"), config.get_option("server.allowedHosts")
    if sign_in := configured():
        if config.get_option("server.trustedUserHeaders"):
            raise Refused("server.trustedUserHeaders would let a header say who signed in: take it out of the settings")
        return sign_in
    others = [name for name in (address, *allowed) if not is_loopback(name)]
    if others and not is_insecure():
        raise Refused(
            f"as {others[0]} it would show patient records to whoever reaches this machine, for no sign-in is "
            'configured. Either configure sign-in (in the README, "Sign-in"), or say --insecure: then whoever reaches '
            "it may do everything, and every page says so"
        )
    if address in ("0.0.0.0", "::") and all(is_loopback(name) or name == address for name in allowed):
        raise Refused(
            f"--host {address} says where to listen, not what people call it: name the address or host name that they "
            "type with --allow-host, once for each"
        )
    return None
