"""The unit, the container file and the proxies' settings start what the README says, and nothing that there is not."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from dashboard.access import ROLES
from dashboard.cli import main
from dashboard.cli.serving import serve
from dashboard.ending import Refused
from dashboard.server.sign_in import NAMED, NEEDED, SHORTEST_SECRET, _configured
from tests.access.test_signed_in import free_port, running
from tests.conftest import import_once
from tests.drawing import drawn

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / ".deploy"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECRETS = "/etc/outcomes/secrets.toml"


def unit() -> dict[str, list[str]]:
    """Section and setting to its values."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (DEPLOY / "outcomes.service").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    """The container file's instructions and what they are given."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    found = [re.fullmatch(r"([A-Z]+) (.+)", line) for line in lines if line and not line.startswith("#")]
    assert all(found), lines
    return [(line[1], line[2]) for line in found if line]


def asked(command: str) -> dict[str, str]:
    """The options of `outcomes serve` in a command, as the command itself understands them."""
    words = shlex.split(command)
    assert Path(words[0]).name == "outcomes"
    assert words[1] in main.commands
    with serve.make_context("serve", words[2:]) as context:
        return {name: str(value) for name, value in context.params.items() if value}


def test_the_unit_runs_what_the_readme_says() -> None:
    settings = unit()
    assert {key.split(".")[0] for key in settings} == {"Unit", "Service", "Install"}
    command = settings["Service.ExecStart"][0]
    assert f"`{command.removeprefix('/opt/outcomes/.venv/bin/')}`" in README
    assert asked(command) == {"host": "127.0.0.1", "port": "8501"}
    variables = dict(each.split("=", 1) for each in settings["Service.Environment"])
    assert settings["Service.LoadCredential"] == [f"secrets.toml:{SECRETS}"]
    assert variables["STREAMLIT_SECRETS_FILES"] == "%d/secrets.toml"
    assert SECRETS in README
    folder = Path("/var/lib") / settings["Service.StateDirectory"][0]
    assert Path(variables["OUTCOMES_SNAPSHOT"]).parent == folder
    assert f"`{folder}`" in README
    assert settings["Service.ProtectSystem"] == ["strict"]
    # What is refused stays refused until somebody mends it.
    assert settings["Service.RestartPreventExitStatus"] == [str(Refused.exit_code)]
    assert settings["Service.User"] != ["root"]
    assert f"useradd --system {settings['Service.User'][0]}" in README
    assert settings["Service.WorkingDirectory"][0] in README


def test_the_container_runs_what_the_readme_says() -> None:
    given = instructions()
    kinds = [kind for kind, _ in given]
    assert kinds[0] == "FROM"
    values = dict(given)
    command = shlex.join(json.loads(values["CMD"]))
    assert f"`{command}`" in README
    options = asked(command)
    assert options == {"host": "0.0.0.0", "port": values["EXPOSE"]}
    assert f"127.0.0.1:{values['EXPOSE']}/readyz" in values["HEALTHCHECK"]
    assert f"{values['EXPOSE']}:{values['EXPOSE']}" in README
    assert f"`{values['VOLUME']}`" in README
    assert f"outcomes:{values['VOLUME']}" in README
    assert ("ENV", f"OUTCOMES_SNAPSHOT={values['VOLUME']}/snapshot.json") in given
    assert ("ENV", "STREAMLIT_SECRETS_FILES=/run/secrets/secrets.toml") in given
    assert kinds.index("USER") > max(place for place, kind in enumerate(kinds) if kind == "RUN")
    uid = re.search(r"--uid (\d+)", str(given))
    assert uid
    assert f"uid={uid[1]}" in README
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    assert ".streamlit/secrets.toml" in ignored
    assert ".streamlit/secrets.toml" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    import_once(drawn("treatment_id | patient_id | treated_on | treatment_type\nt | ann | 0 | skincare"), tmp_path)
    return tmp_path


def test_the_container_starts_with_the_secrets_that_its_environment_names(practice: Path) -> None:
    secrets, port = practice / "elsewhere.toml", free_port()
    secrets.write_text(
        f'[auth]\nredirect_uri = "https://outcomes.example/oauth2callback"\ncookie_secret = "{"x" * SHORTEST_SECRET}"\n'
        'client_id = "x"\nclient_secret = "x"\nserver_metadata_url = "https://id.example/"\n'
    )
    words = json.loads(dict(instructions())["CMD"])
    command = [sys.executable, "-m", "dashboard.cli", *words[1:], "--port", str(port)]
    variables = {"OUTCOMES_SNAPSHOT": str(practice / "outcomes.json"), NAMED: str(secrets)}
    address, log = f"http://127.0.0.1:{port}", practice / "log"
    with running(command, f"{address}/readyz", log, **variables) as server:
        assert server.poll() is None, log.read_text()
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(address)
        server.terminate()
        assert server.wait(10) == 0  # to be ended is no failure
    assert "Aborted" not in log.read_text()


def test_it_does_not_start_where_the_secrets_that_are_named_are_gone(
    practice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in is wanted, though a server of this machine alone might do without, as behind a proxy."""
    monkeypatch.setenv(NAMED, str(practice / "nowhere.toml"))
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--snapshot", str(practice / "outcomes.json")]
    done = subprocess.run(
        [*command, "--port", str(free_port())], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"outcomes: {NAMED} names .*nowhere\.toml: not there, .*so nobody may come in\n", done.stderr)


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_leads_to_where_it_listens(name: str) -> None:
    text = (DEPLOY / name).read_text()
    assert f"`.deploy/{name}`" in README
    assert "127.0.0.1:8501" in text
    assert "outcomes.example" in text
    assert text.count("{") == text.count("}")
    assert re.search(r"\b(encode|gzip)\b", text)
    if name == "nginx.conf":
        lines = [line.strip() for line in text.splitlines()]
        for wanted in ("Host $host", "Upgrade $http_upgrade", "Connection $connection_upgrade"):
            assert f"proxy_set_header {wanted};" in lines
        assert all(re.search(r"[;{}]$", line) or line.startswith("#") for line in lines if line)
        most = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]["maxUploadSize"]
        allowed = re.search(r"client_max_body_size (\d+)m;", text)
        assert allowed
        assert int(allowed[1]) > most


def test_the_example_of_the_readme_is_a_sign_in() -> None:
    secrets, people = (
        tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "roles" in block
    )
    assert set(secrets["auth"]) == set(NEEDED)
    assert len(secrets["auth"]["cookie_secret"]) >= SHORTEST_SECRET
    asked = _configured(json.dumps([secrets["auth"], secrets["access"]]), secrets["auth"]["redirect_uri"])
    assert asked.origin == "https://outcomes.example"
    assert asked.clinics_claim == "clinics"
    assert {role for person in people.values() for role in person["roles"]} <= set(ROLES)
    for role in ROLES:
        assert re.search(rf"^\| {role} \|", README, re.MULTILINE)
