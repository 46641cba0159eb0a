"""The verbs of schedules, as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.shell_words import split
from modelop_jupyter.display import bundle, text
from modelop_jupyter.errors import (
    CronError,
    InputError,
    ModelNotFoundError,
    ScheduleNotFoundError,
    SchedulerError,
    UsageMistakeError,
)


class Notebook(ShellSession):
    """A session with a variable."""

    def variables(self) -> dict[str, object]:  # type: ignore[override]
        return {"frame": 1}


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A home with the model ``churn``, on a machine without cron and systemd."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text("# modelop.score\ndef score(r):\n    yield r\n")
    Path("in.json").write_text('{"x": 1}\n')
    with closing(Context(Notebook())) as context:
        context.workspace.register("churn", "model.py")
        yield context


def value(context: Context, line: str) -> object:
    """Return the value of a line."""
    verb, args = parse(split(line), program="modelop")
    return verb.run(context, args)


def test_the_lines_to_install_are_shown(context: Context) -> None:
    """The job's own options go with it; --cron may stand anywhere."""
    plan = value(
        context, 'schedule churn batch --cron "0 6 * * 1" in.json -o "my out.json" --limit 3'
    )
    shown = text(plan, program="modelop")

    assert "At 06:00 on Monday" in shown
    assert "batch churn in.json -o 'my out.json' --limit 3 >> " in shown
    assert 'batch churn in.json -o "my out.json" --limit 3\n' in shown
    assert "OnCalendar=Mon *-*-* 06:00:00" in bundle(plan)["text/html"]


def test_an_input_that_is_not_there_yet_is_pointed_out(context: Context) -> None:
    """It may come every night."""
    assert "new.json is not there yet" in text(value(context, "schedule churn batch new.json"))


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("schedule other batch in.json", ModelNotFoundError, "no model named 'other'"),
        ("schedule churn batch in.json --cron x", CronError, "it has 1 of five fields"),
        ("schedule churn batch in.json --limt 3", UsageMistakeError, "Did you mean '--limit'"),
        ("schedule churn batch", UsageMistakeError, "INPUT"),
        ("schedule churn bach in.json", UsageMistakeError, "'bach'"),
        ("schedule churn batch -", InputError, "a schedule has no standard input"),
        ("schedule churn batch frame", InputError, "no variables of this notebook"),
        ("schedule churn batch in.json --install", SchedulerError, "neither crontab nor systemd"),
        ("schedule churn batch in.json --systemd", SchedulerError, "has no systemctl"),
        ("schedule remove churn", ScheduleNotFoundError, "no schedule named 'churn'"),
    ],
)
def test_a_mistake_is_found_before_the_night(
    context: Context, line: str, error: type[Exception], message: str
) -> None:
    """In a sentence."""
    with pytest.raises(error, match=message):
        value(context, line)


def test_a_password_is_not_written_into_a_line(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where else the database finds it is said."""
    monkeypatch.setenv("MODELOP_CONNECTION_LAKE", "postgresql://me:secret@host/db")

    with pytest.raises(SchedulerError, match=r"holds a password.*\.pgpass") as caught:
        value(context, "schedule churn batch in.json --connection lake")
    assert "secret" not in str(caught.value)


def test_the_address_of_notifications_is_left_to_config(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a secret; of the file in the home a scheduled job is told, too."""
    monkeypatch.setenv("MODELOP_NOTIFY", "https://hooks.example.com/T0/secret")
    shown = text(value(context, "schedule churn batch in.json"), program="modelop")

    assert "'modelop config notify ADDRESS' is for schedules, too" in shown
    assert "secret/" not in shown and "T0" not in shown
