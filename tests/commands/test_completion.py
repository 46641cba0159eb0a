"""TAB completion of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.commands.completion import CompletionSource, complete
from modelop_jupyter.commands.context import ShellSession


class Registry(CompletionSource):
    """A source with fixed names."""

    def __init__(self) -> None:
        super().__init__(ShellSession())

    def variables(self) -> list[str]:
        return ["frame"]

    def models(self) -> list[str]:
        return ["churn", "credit"]

    def snapshots(self, model: str) -> list[str]:
        return [f"{model}@champion", f"{model}@2", f"{model}@1"]

    def tags(self, model: str | None = None) -> list[str]:
        return ["fraud", "draft"] if model is None else ["draft"]

    def metadata_keys(self, model: str) -> list[str]:
        return ["owner", "review.year"]

    def aliases(self, model: str) -> list[str]:
        return ["champion"]

    def assets(self, model: str) -> list[str]:
        return [f"{model}.py", "my libs.txt"]

    def jobs(self) -> list[str]:
        return ["3f2a1c00", "9b8b7b6b"]

    def deployments(self) -> list[str]:
        return ["churn"]

    def engines(self) -> list[str]:
        return ["local", "dask", "dask://host:8786"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files and a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("in.json", "my in.csv", ".hidden", "data/one.csv"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_connections_are_completed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment variables with their addresses."""
    monkeypatch.setenv("MODELOP_CONNECTION_LAKE", "sqlite:///lake.db")
    monkeypatch.setenv("MODELOP_CONNECTION_LATE_SHOP", "sqlite:///shop.db")

    line = "batch churn ask.sql --connection la"
    assert complete(line, Registry()).candidates == ("lake", "late_shop")


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("ba", ["batch"]),
        ("re", ["register", "remove", "requirements", "repair"]),
        ("asset ", ["add", "list", "role", "remove"]),
        ("asset ro", ["role"]),
        ("help env b", ["build"]),
        ("show c", ["churn", "credit"]),
        ("show churn@", ["churn@champion", "churn@2", "churn@1"]),
        ("show churn@ch", ["churn@champion"]),
        ("tag churn +", ["+fraud"]),
        ("tag churn -", ["-draft"]),
        ("meta churn o", ["owner="]),
        ("alias churn c", ["champion"]),
        ("alias churn champion ", ["@champion", "@2", "@1"]),
        ("asset role churn ", ["churn.py", "'my libs.txt'"]),
        ("asset role churn m", ["'my libs.txt'"]),
        ("asset role churn f REQUIRED_L", ["REQUIRED_LIBRARIES"]),
        ("asset role churn f Requ", ["'Required libraries'", "'Required assets'"]),
        ("asset role churn f 'Required l", ["'Required libraries'"]),
        ("asset add churn f --role LIC", ["LICENSE_FILE"]),
        ("metrics churn in.json --expect 'auc >= 0.9' --stri", ["--strict"]),
        ("job show 3", ["3f2a1c00"]),
        ("schedule ", ["churn", "credit", "list", "remove"]),
        ("schedule churn m", ["metrics"]),
        ("schedule churn batch in", ["in.json"]),
        ("schedule churn batch in.json --max", ["--max-errors"]),
        ("schedule churn batch in.json --cr", ["--cron", "--crontab"]),
        ("schedule churn batch in.json --cron '0 6 * * *' --schemas ", ["in", "out", "both"]),
        ("schedule remove churn t", ["train"]),
        ("deplo", ["deploy", "deployments", "deployment"]),
        ("deploy c", ["churn", "credit"]),
        ("deploy churn@", ["churn@champion", "churn@2", "churn@1"]),
        ("deploy churn --schemas ", ["in", "out", "both"]),
        ("deployment ", ["show", "log", "errors", "stop", "rollback"]),
        ("deployment stop ", ["churn"]),
        ("batch churn in.json --engine d", ["dask", "dask://host:8786"]),
        ("requirements churn --as-of ", ["git", "now"]),
        ("job log abcd --level w", ["WARNING"]),
        ("batch churn in.json --retry-on OSError,T", ["OSError,TimeoutError"]),
        ("batch churn in.json --notify ", ["desktop", "none"]),
        ("config notify d", ["desktop"]),
        ("config e", ["engine", "engine-wait"]),
        ("example ", ["regression", "classification", "faults"]),
        ("example f", ["faults"]),
        ("config engine l", ["local"]),
        ("jobs --model cr", ["credit"]),
        ("jobs --tag f", ["fraud"]),
        ("batch churn ", ["frame", "data/", "in.json", "'my in.csv'"]),
        ("batch churn data/", ["data/one.csv"]),
        ("batch churn 'my", ["'my in.csv'"]),
        ("batch churn in.json fr", ["frame"]),
        ("batch churn in.json -o i", ["in.json"]),
        ("batch churn in.json --sch", ["--schemas"]),
        ("batch churn in.json --schemas b", ["both"]),
        ("batch churn in.json --limit 3 --t", ["--try", "--timeout"]),
        ("batch churn in.json --limit 3 --li", []),
        ("register m --asset i", ["in.json"]),
        ("register m --asset in.json=TR", ["in.json=TRAINING_DATA"]),
        ("register m --asset in.json --as", ["--asset", "--as-of"]),
        ("diff churn@2 churn@", ["churn@champion", "churn@2", "churn@1"]),
        ("export churn d", ["data/"]),
        ("export churn d --format ", ["modelop", "git", "mlflow"]),
        ("import da", ["data/"]),
        ("models ", ["--match"]),
        ("nonsense ", []),
        ("batch 'open", []),
        ("asset nonsense ", []),
    ],
)
def test_completions_fit_the_grammar(here: Path, line: str, candidates: list[str]) -> None:
    """Verbs, options, models, snapshots, assets, roles, jobs, files, variables."""
    assert list(complete(line, Registry()).candidates) == candidates


def test_columns_of_an_input_are_completed(here: Path) -> None:
    """By the first record of the file."""
    (here / "in.json").write_text('{"country": "at", "churned": 1}\n')
    line = "challenge churn@1 churn@2 in.json --label c"

    assert complete(line, Registry()).candidates == ("country", "churned")
    assert complete(line.replace("in.json", "none.json"), Registry()).candidates == ()


def test_a_cell_offers_only_verbs_that_take_one() -> None:
    """`%%modelop mo`."""
    assert list(complete("", Registry(), is_cell=True).candidates) == ["model", "run"]


def test_completion_creates_no_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TAB changes nothing."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))

    assert complete("remove ", CompletionSource(ShellSession())).candidates == ()
    assert not (tmp_path / "home").exists()


def test_an_unreadable_registry_has_no_completions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TAB never raises."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path))
    (tmp_path / "registry.db").write_text("rubbish" * 1000)

    assert complete("remove ", CompletionSource(ShellSession())).candidates == ()
