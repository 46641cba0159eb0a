"""Requirements over HTTP: shown with their problems, and inferred."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall

CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "models/m"),
        ("GET", "models/m/assets"),
        ("GET", "models/m/content/requirements.txt"),
        ("GET", "models/m/requirements"),
        ("POST", "models/m/requirements"),
        ("GET", "models/m/environment"),
        ("GET", "models"),
    ],
)
async def test_a_password_of_an_index_is_in_no_answer(
    api: ApiCall, workspace: Workspace, root: Path, method: str, path: str
) -> None:
    """Credentials are used but never shown (issue 4)."""
    (root / "m.py").write_text("# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text(
        f"--extra-index-url https://ada:{CANARY}@127.0.0.1:1/simple\n"
        f"six @ https://ada:{CANARY}@127.0.0.1:1/six.whl\n??? https://ada:{CANARY}@x\n"
    )
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    status, answer = await api(method, path)

    assert status == 200
    assert CANARY not in json.dumps(answer)


async def test_requirements_show_their_problems_and_are_inferred(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """Holders show parsed lines and problems; what is missing is offered (issue 6)."""
    (root / "m.py").write_text("import packaging\n# modelop.score\ndef f(r):\n    yield r\n")
    (root / "requirements.txt").write_text("six\n???\n")
    workspace.register("m", root / "m.py", assets=[root / "requirements.txt"])
    _, report = await api("GET", "models/m/requirements")
    status, inferred = await api("POST", "models/m/requirements", {"write": False})

    assert [(row["text"], row["problem"] is None) for row in report["rows"]] == [
        ("six", True),
        ("???", False),
    ]
    assert status == 200
    assert "packaging" in inferred["text"]


async def test_requirements_are_resolved_as_of_a_day(
    api: ApiCall, workspace: Workspace, root: Path
) -> None:
    """A model that requires nothing has the day, too; a day in the future is refused."""
    (root / "m.py").write_text("# modelop.score\ndef f(r):\n    yield r\n")
    workspace.register("m", root / "m.py")
    path = "models/m/requirements/resolution"
    status, resolved = await api("POST", path, {"as_of": "2024-01-31"})
    _, shown = await api("GET", "models/m")
    refused, _ = await api("POST", path, {"as_of": "2999-01-31"})

    assert (status, resolved["as_of"], shown["as_of"]) == (200, "2024-01-31", "2024-01-31")
    assert refused == 422
