"""The server before the app: where it may listen, and the gate that every request and every socket passes.

listening.py  where it may listen, and under which names it answers
sign_in.py    who signed in by OpenID Connect, for how long that holds, and what they may
gate.py       the gate: who may ask the server what, and what its answers carry
logs.py       what is logged of a failure
ready.py      whether a snapshot can be opened
notice.py     the few pages that need no app: sign in, no role, not here
markup.js     what mends the app's markup in the browser; served by the gate
"""

from dashboard.server.gate import Gate
from dashboard.server.listening import checked, names
from dashboard.server.logs import keep_values_out
from dashboard.server.ready import is_ready

__all__ = ["Gate", "checked", "is_ready", "keep_values_out", "names"]
