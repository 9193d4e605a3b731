"""How a command ends: with its results, or with one message that says what is wrong, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import click

from dashboard.refusal import Refusal

DEBUG_VARIABLE = "OUTCOMES_DEBUG"
INTERRUPTED = "interrupted; nothing was changed"


class Refused(click.ClickException):
    """One clear message on stderr and exit status 2: nothing was done."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"outcomes: {self.message}", err=True)


class Commands(click.Group):
    """A group whose every failure is one message and exit status 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from data import ImportRefused

        ending = _Ending()
        try:
            with ending:
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (click.Abort, KeyboardInterrupt):
            raise Refused(INTERRUPTED) from None
        except (ImportRefused, Refusal) as refusal:
            # DuckDB tells an interruption in words of its own, which may be taken for an error of the export's.
            raise Refused(INTERRUPTED if ending.was_asked else str(refusal)) from None
        except BrokenPipeError:
            os._exit(0)
        except OSError as failure:
            place = f"{failure.filename}: " if failure.filename else ""
            raise Refused(f"{place}{failure.strerror or failure}") from None
        except MemoryError:
            raise Refused("there is not enough memory for this; select fewer records") from None
        except Exception as failure:
            if ending.was_asked:
                raise Refused(INTERRUPTED) from None
            if os.environ.get(DEBUG_VARIABLE):
                raise
            raise Refused(
                f"something went wrong inside the program ({type(failure).__name__}); nothing was changed. "
                f"Run it again with {DEBUG_VARIABLE}=1 to see where, and report that"
            ) from None


class _Ending:
    """While it is entered, a request to end (Ctrl-C, SIGTERM, a closed terminal) is a KeyboardInterrupt.

    So that a command ends in order, with one message, and an import leaves nothing behind.
    """

    def __init__(self) -> None:
        self.was_asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self.was_asked = True
        raise KeyboardInterrupt
