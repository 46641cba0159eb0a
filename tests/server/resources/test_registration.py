"""Registering over HTTP: what a form shows before, and that it does as the magic does."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter import Workspace
from modelop_jupyter.capture import read_notebook_cells
from modelop_jupyter.commands.notebook import NotebookSession
from modelop_jupyter.commands.registration_plan import accept
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.workspace import RegistrationRequest
from tests.server.conftest import ApiCall

from .test_models import CELLS, write_notebook


async def test_both_doors_register_the_same_bytes(
    api: ApiCall, root: Path, workspace: Workspace, shell: InteractiveShell
) -> None:
    """One notebook, by the magic and by the sidebar: what ran in its kernel counts (issue 15)."""
    texts = [
        "import json\nfactor = 2",
        "# modelop.score\ndef score(r):\n    return factor",
        "def predict(r):\n    return 1",
    ]
    for text in texts:
        shell.run_cell(text, store_history=True)
    saved = [*texts[:1], texts[1].replace("factor", "factor * 3"), f"# modelop.metrics\n{texts[2]}"]
    write_notebook(root / "churn.ipynb", *saved)
    ids = [cell.id or "" for cell in read_notebook_cells(root / "churn.ipynb")]
    runs = {number: (cell_id, 0.0) for number, cell_id in enumerate(ids, start=1)}
    session = NotebookSession(shell, cell_runs=runs)
    history = shell.history_manager.get_range(0, 1, None, raw=True, output=False)
    cells = [
        {"number": number, "source": source, "id": ids[number - 1]} for _, number, source in history
    ]
    current = [{"id": ids[number], "source": text} for number, text in enumerate(saved)]
    body = {"name": "sidebar", "notebook": "churn.ipynb", "cells": cells, "current": current}
    _, made = await api("POST", "models", body)
    by_magic = session.model_cells("magic", notebook=root / "churn.ipynb")
    workspace.models.register_request(RegistrationRequest("magic", cells=by_magic))

    source = workspace.show("magic").source
    assert source is not None
    assert made["source"] == source
    assert "return factor\n" in source
    assert "# modelop.metrics\ndef predict(r):" in source


async def run_and_ask(
    api: ApiCall, shell: InteractiveShell, notebook: Path, texts: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run cells, and have the kernel tell the values that the first preview asks for.

    Returns the body of the next preview, and the first one.
    """
    for text in texts:
        shell.run_cell(text, store_history=True)
    write_notebook(notebook, *texts)
    cells = [{"number": number, "source": text} for number, text in enumerate(texts, start=1)]
    body: dict[str, Any] = {"name": "sidebar", "notebook": notebook.name, "cells": cells}
    _, unread = await api("POST", "previews", body)
    reply = shell.user_expressions({"values": unread["unread"]["expression"]})
    return body | {"values": reply["values"]["data"]["application/json"]}, unread


async def test_both_doors_freeze_the_same_values(
    api: ApiCall, root: Path, workspace: Workspace, shell: InteractiveShell
) -> None:
    """The sidebar has the kernel tell them as the preview asks; the magic is in the kernel (issue 15)."""
    texts = [
        "import pandas as pd\nX = pd.DataFrame({'b': [2.0], 'a': [1.0]})",
        "features = set(X.columns)\nmeans = X.mean().to_dict()\nlimit = X['a'].mean()",
        "means['n'] = float('nan')",
        "# modelop.score\ndef score(r):\n    return features, means",
    ]
    body, unread = await run_and_ask(api, shell, root / "churn.ipynb", texts)
    _, offered = await api("POST", "previews", body)
    refused, _ = await api("POST", "models", body)
    body["frozen"] = [value["name"] for value in offered["frozen"]]
    _, taken = await api("POST", "previews", body)
    _, made = await api("POST", "models", body)
    session = NotebookSession(shell, cell_runs={})
    by_magic = session.model_cells("magic", notebook=root / "churn.ipynb")
    request = RegistrationRequest("magic", cells=by_magic, frozen=frozenset(body["frozen"]))
    plan = workspace.models.preview_request(request)
    workspace.models.register_request(request)

    assert unread["unread"]["names"] == ["features", "means"]
    assert (unread["refusal_code"], offered["refusal_code"]) == ("unresolved_name",) * 2
    assert "unread" not in offered
    assert [(it["name"], it["where"], it["expression"]) for it in offered["frozen"]] == [
        ("features", "cell 2", "set(X.columns)"),
        ("means", "cell 2, changed since in cell 3", "X.mean().to_dict()"),
    ]
    assert refused == 422
    assert "refusal" not in taken
    assert taken["source"] == made["source"] == plan.source == workspace.show("magic").source
    assert all(it["source"] in made["source"] for it in offered["frozen"])
    assert "{'b': 2.0, 'a': 1.0, 'n': float('nan')}" in made["source"]


async def test_an_object_that_has_no_literal_is_told_in_words(
    api: ApiCall, root: Path, shell: InteractiveShell
) -> None:
    """What the kernel says of a fitted model is understood, and the refusal says what to do."""
    texts = [
        "import pathlib\nclass Fitted: pass\ndef fit(text): return Fitted()",
        "model = fit(pathlib.Path('/dev/null').read_text())",
        "# modelop.score\ndef score(r):\n    return model",
    ]
    body, _ = await run_and_ask(api, shell, root / "churn.ipynb", texts)
    status, preview = await api("POST", "previews", body)

    assert body["values"] == {"model": {"reason": ""}}
    assert (status, preview["refusal_code"]) == (200, "unresolved_name")
    assert "model" in preview["refusal"]


async def test_both_doors_save_the_same_files(
    api: ApiCall, root: Path, workspace: Workspace, shell: InteractiveShell
) -> None:
    """The kernel writes them for the sidebar, at the path that the preview shows (issue 15)."""
    texts = [
        "import pandas as pd\nfrom sklearn.linear_model import LinearRegression",
        "X = pd.DataFrame({'b': [2.0, 4.0], 'a': [1.0, 3.0]})\nfitted = LinearRegression().fit(X[['a']], X['b'])",
        "names = [*X.columns, *map(str, range(2000))]\nlookup = X.set_index('b')",
        "# modelop.score\ndef score(r):\n    return fitted, names, lookup",
    ]
    body, _ = await run_and_ask(api, shell, root / "churn.ipynb", texts)
    _, offered = await api("POST", "previews", body)
    there_before = [path.name for path in root.iterdir()]
    for file in offered["value_files"]:
        assert (
            "file"
            in shell.user_expressions({"it": file["saving"]})["it"]["data"]["application/json"]
        )
    _, saved = await api("POST", "previews", body)
    body["value_files"] = {it["name"]: it["path"] for it in saved["value_files"] if it["is_there"]}
    _, taken = await api("POST", "previews", body)
    _, made = await api("POST", "models", body)
    by_sidebar = {name: (root / name).read_bytes() for name in body["value_files"].values()}
    for name in by_sidebar:
        (root / name).unlink()
    session = NotebookSession(shell, cell_runs={})
    request = RegistrationRequest(
        "magic", cells=session.model_cells("magic", notebook=root / "churn.ipynb")
    )
    request = accept(request, workspace.models.preview_request)
    workspace.models.register_request(request)
    states = [workspace.show(name).model.state for name in ("sidebar", "magic")]
    assets = [
        {it.path: (it.digest, it.role) for it in state.assets if it.path in by_sidebar}
        for state in states
    ]

    assert there_before == ["churn.ipynb"]
    assert [(it["path"], it["is_there"]) for it in offered["value_files"]] == [
        ("fitted.pkl", False), ("lookup.parquet", False), ("names.json", False)
    ]  # fmt: skip
    assert "refusal" not in taken
    assert taken["source"] == made["source"] == workspace.show("magic").source
    assert assets[0] == assets[1]
    assert {role for _, role in assets[0].values()} == {AssetRole.WEIGHTS_FILE}
    assert {name: (root / name).read_bytes() for name in by_sidebar} == by_sidebar
    assert not any(it["path"] in by_sidebar for it in taken["proposals"])
    assert "scikit-learn" in taken["requirements"]["inferred"]["text"]


async def test_a_file_that_was_left_out_is_not_suggested_again(api: ApiCall, root: Path) -> None:
    """It is marked so, until its content is another; the answer goes with the model (issue 15)."""
    write_notebook(root / "churn.ipynb", "# modelop.score\ndef score(r):\n    return open('w.pkl')")
    (root / "w.pkl").write_bytes(b"weights")
    body = {"name": "m", "notebook": "churn.ipynb"}

    async def seen() -> tuple[bool, bool]:
        _, preview = await api("POST", "previews", body)
        (file,) = preview["proposals"]
        return file["is_suggested"], file["is_declined"]

    await api("POST", "models", body)
    unseen = await seen()
    await api("POST", "models", {**body, "is_settled": True})
    declined = await seen()
    (root / "w.pkl").write_bytes(b"others")
    other = await seen()
    (root / "w.pkl").write_bytes(b"weights")
    await api("DELETE", "models/m")
    removed = await seen()

    assert (unseen, declined, other) == ((True, False), (False, True), (True, False))
    assert removed == (True, False)


async def test_a_path_from_a_browser_that_no_value_has_is_refused(api: ApiCall, root: Path) -> None:
    """The module would read it wherever it runs."""
    cells = [
        {"number": 1, "source": "it = open('x').read()"},
        {"number": 2, "source": "# modelop.score\ndef score(r):\n    return it"},
    ]
    write_notebook(root / "churn.ipynb", *(str(cell["source"]) for cell in cells))
    body = {"name": "m", "notebook": "churn.ipynb", "cells": cells}
    status, _ = await api("POST", "models", {**body, "value_files": {"it": "../secret.json"}})
    missing, problem = await api("POST", "models", {**body, "value_files": {"it": "it.json"}})

    assert status == 400
    assert (missing, "it.json" in problem["message"]) == (422, True)


async def test_a_value_from_a_browser_that_is_no_literal_is_not_taken(
    api: ApiCall, root: Path
) -> None:
    """It would be executed wherever the model runs."""
    cells = [
        {"number": 1, "source": "it = open('x').read()"},
        {"number": 2, "source": "# modelop.score\ndef score(r):\n    return it"},
    ]
    write_notebook(root / "churn.ipynb", *(str(cell["source"]) for cell in cells))
    body = {"name": "m", "notebook": "churn.ipynb", "cells": cells, "frozen": ["it"]}
    status, problem = await api("POST", "models", {**body, "values": {"it": {"text": "exit()"}}})
    _, preview = await api("POST", "previews", {**body, "values": {"it": {"text": "exit()"}}})
    taken, _ = await api("POST", "models", {**body, "values": {"it": {"text": "'text'"}}})

    assert (status, problem["code"]) == (422, "unresolved_name")
    assert "frozen" not in preview
    assert taken == 201


async def test_without_a_kernel_nothing_is_frozen(api: ApiCall, root: Path) -> None:
    """There are no values, and none are asked for."""
    texts = ["it = open('x').read()", "# modelop.score\ndef score(r):\n    return it"]
    write_notebook(root / "churn.ipynb", *texts)
    body = {"name": "m", "notebook": "churn.ipynb", "frozen": ["it"]}
    _, preview = await api("POST", "previews", body)

    assert preview["refusal_code"] == "unresolved_name"
    assert {"frozen", "unread"}.isdisjoint(preview)


async def test_a_frozen_value_is_no_difference_of_the_notebook(api: ApiCall, root: Path) -> None:
    """The saved notebook has no values: those of the model count, and an edit beside them is told."""
    texts = ["it = open('x').read()", "# modelop.score\ndef score(r):\n    return it"]
    cells = [{"number": 7 + number, "source": text} for number, text in enumerate(texts)]
    write_notebook(root / "churn.ipynb", *texts)
    body = {"name": "m", "notebook": "churn.ipynb", "cells": cells, "frozen": ["it"]}
    await api("POST", "models", {**body, "values": {"it": {"text": "'text'"}}})
    _, same = await api("GET", "models/m")
    write_notebook(root / "churn.ipynb", texts[0], texts[1] + " + '!'")
    _, other = await api("GET", "models/m")

    assert "notebook_change" not in same
    changed = [line for line in other["notebook_change"]["diff"].split("\n") if line[:1] in "+-"]
    assert changed[2:] == ["-    return it", "+    return it + '!'"]


async def test_functions_are_chosen_in_a_preview(api: ApiCall, root: Path) -> None:
    """It says what is refused and what to choose; the choice is registered with its tag."""
    write_notebook(root / "work" / "churn.ipynb", "def predict(r):\n    return r")
    body = {"name": "churn", "notebook": "work/churn.ipynb"}
    _, preview = await api("POST", "previews", body)
    status, made = await api("POST", "models", {**body, "functions": {"score": "predict"}})

    assert preview["refusal_code"] == "no_source"
    assert [(it["kind"], it["name"], it["where"]) for it in preview["options"]] == [
        ("score", "predict", "cell 1")
    ]
    assert status == 201
    assert "# modelop.score\ndef predict" in made["source"]
    assert any("no running kernel says" in note for note in made["notes"])


async def test_a_preview_lists_a_file_that_is_gone(api: ApiCall, root: Path) -> None:
    """The form unticks it; registering is refused until then."""
    write_notebook(root / "work" / "churn.ipynb", *(cell["source"] for cell in CELLS))
    body = {
        "name": "churn",
        "notebook": "work/churn.ipynb",
        "assets": [{"path": "work/gone.pkl"}],
    }
    shown, preview = await api("POST", "previews", body)
    refused, _ = await api("POST", "models", body)

    assert (shown, refused) == (200, 422)
    assert [(it["path"], it["is_suggested"], it["problem"]) for it in preview["proposals"]] == [
        ("work/gone.pkl", True, "there is no such file")
    ]


async def test_requirements_are_written_beside_the_notebook(api: ApiCall, root: Path) -> None:
    """The preview tells the path of the file browser, where the file is afterwards."""
    write_notebook(
        root / "work" / "churn.ipynb",
        "import packaging\n# modelop.score\ndef f(r):\n    return packaging",
    )
    body = {"name": "churn", "notebook": "work/churn.ipynb"}
    _, preview = await api("POST", "previews", body)
    await api("POST", "models", {**body, "infers": True})

    assert preview["requirements"]["file"] == "work/requirements.txt"
    assert preview["requirements"]["is_suggested"]
    written = (root / "work" / "requirements.txt").read_text()
    assert written == f"packaging=={version('packaging')}\n"


async def test_a_model_tells_that_its_saved_notebook_differs(api: ApiCall, root: Path) -> None:
    """The sidebar offers to register it again; once that is done there is nothing to tell."""
    text = "# modelop.score\ndef score(r):\n    return {}"
    body = {"name": "churn", "notebook": "churn.ipynb"}
    write_notebook(root / "churn.ipynb", text.format(1))
    await api("POST", "models", body)
    _, same = await api("GET", "models/churn")
    _, none = await api("GET", "changed-notebooks")
    write_notebook(root / "churn.ipynb", text.format(22))
    _, other = await api("GET", "models/churn")
    _, one = await api("GET", "changed-notebooks")
    await api("POST", "models", body)
    _, again = await api("GET", "models/churn")
    _, none_again = await api("GET", "changed-notebooks")
    (root / "churn.ipynb").unlink()
    _, gone = await api("GET", "changed-notebooks")

    assert "notebook_change" not in same
    assert other["notebook_change"]["ref"] == "churn"
    assert "+    return 22" in other["notebook_change"]["diff"]
    assert "notebook_change" not in again
    assert (none, one, none_again, gone) == ([], ["churn"], [], [])


async def test_requirements_have_the_versions_of_the_kernel(api: ApiCall, root: Path) -> None:
    """Not those of the server's Python: the notebook's kernel is another one (issue 15)."""
    (root / "work").mkdir()
    text = "import packaging\n# modelop.score\ndef score(r):\n    return packaging"
    cells = [{"number": 1, "source": text}]
    package = {"name": "packaging", "version": "1.2.3", "modules": ["packaging"], "requires": []}
    kernel = {
        "executable": "/envs/mine/bin/python",
        "version": "3.9.1",
        "packages": [{**package, "origin": "", "installer": "pip", "paths": []}],
    }
    body = {"name": "churn", "notebook": "work/churn.ipynb", "cells": cells, "kernel": kernel}
    _, preview = await api("POST", "previews", body)
    status, _ = await api("POST", "models", {**body, "infers": True})

    inferred = preview["requirements"]["inferred"]
    assert (inferred["python"], inferred["version"]) == ("/envs/mine/bin/python", "3.9.1")
    assert [line["text"] for line in inferred["lines"]] == ["packaging==1.2.3"]
    assert status == 201
    assert (root / "work" / "requirements.txt").read_text() == "packaging==1.2.3\n"
