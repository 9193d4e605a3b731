"""What one session has dropped in and answered so far. It survives leaving the page, not closing the browser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import jobs
from dashboard.jobs import Job, Upload
from dashboard.ui import cache
from data import ImportRefused, proposing, saved_mappings
from data.mapping import read_mapping
from data.proposing import Proposal

STEPS = ("Files", "Columns", "Values", "Check")
_KEY = "import_draft"


@dataclass
class Draft:
    """An upload with its proposed mapping as answered so far, and the step that is shown.

    `mapping` is the name of the saved mapping that fits the files, `is_contract` whether they need none; `proposed` is
    what was proposed before a saved mapping was found.
    """

    upload: Upload
    proposal: Proposal | None = None
    proposed: Proposal | None = None
    step: int = 0
    mapping: str = ""
    is_contract: bool = False
    is_afresh: bool = False
    name: str = ""
    checked: str = ""
    revisions: dict[str, int] = field(default_factory=dict)

    def go(self, steps: int) -> None:
        """On to the next step (1), or back (-1)."""
        self.step += steps

    def edit(self, change: Callable[..., Proposal], file: str, *answer: Any) -> None:
        """An answer: one of the edits of data.proposing, applied to a file."""
        assert self.proposal
        self.proposal = change(self.proposal, file, *answer)

    def rekey(self, file: str) -> None:
        """New widgets for the questions of a file, whose answers have been given elsewhere."""
        self.revisions[file] = self.revisions.get(file, 0) + 1

    def key(self, file: str, *parts: object) -> str:
        """A widget's key; new where the file has been proposed anew, for then the answers are new."""
        text = json.dumps([self.upload.key, file, self.revisions.get(file, 0), *map(str, parts)])
        return f"import-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def sources(self) -> list[Path]:
        """The files that something is read from."""
        assert self.proposal
        own = proposing.files_of_the_contract(self.proposal) if self.is_contract else ()
        read = own or tuple(file for file in self.proposal.files if file.sections)
        used = {name.split("/")[0] for file in read for name in file.names}
        return [path for path in self.upload.files if path.name in used]

    def arguments(self) -> list[str | Path]:
        """How the command line is asked to read these files."""
        asked: list[str | Path] = list(self.sources)
        if self.is_contract:
            return asked
        return [*asked, "--mapping", self.written_mapping()]

    def written_mapping(self) -> Path:
        """The mapping as answered so far, in a file of the upload."""
        assert self.proposal
        place = self.upload.folder / "mapping.toml"
        place.write_text(self.proposal.to_toml("New mapping"), encoding="utf-8")
        return place

    def job(self, command: str) -> Job | None:
        return jobs.find(self.upload, command)


def current() -> Draft | None:
    """The draft of this session; None where nothing has been dropped in, or its files are gone."""
    draft: Draft | None = st.session_state.get(_KEY)
    if draft and not draft.upload.folder.is_dir():
        forget()
        return None
    return draft


def begin(upload: Upload) -> None:
    """A new draft for these files, in place of any other."""
    st.session_state[_KEY] = Draft(upload)


def forget() -> None:
    """No draft any more; the files stay."""
    st.session_state.pop(_KEY, None)


def give_up(upload: Upload) -> None:
    """Ends what is at work on these files and deletes them."""
    upload.remove()
    draft: Draft | None = st.session_state.get(_KEY)
    if draft and draft.upload == upload:
        forget()


def recognise(draft: Draft) -> None:
    """Finds out whether the files need no questions: by the contract's names, or by a saved mapping that fits."""
    assert draft.proposal
    if proposing.files_of_the_contract(draft.proposal):
        draft.is_contract = True
        return
    for name, file in saved_mappings(cache.pointer()).items():
        try:
            read = proposing.as_saved(draft.proposal, read_mapping(file))
        except ImportRefused:
            continue
        if read:
            draft.proposed, draft.proposal, draft.mapping = draft.proposal, read, name
            return
