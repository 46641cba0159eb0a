"""Notify a web address or the desktop that a job has ended.

The supervisor does it, so that nobody need wait. An address may hold a secret: it goes to the
supervisor as a private variable, and is in no file and no log.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from modelop_jupyter.display.formatting import plural
from modelop_jupyter.domain.jobs import JobRecord
from modelop_jupyter.domain.notify import DESKTOP, shown
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.wire import to_wire
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.outcome import Outcome

_SECONDS = 10.0
# Before the second and the third attempt.
_PAUSES = (1.0, 5.0)
_MAY_PASS = (408, 425, 429)
_TITLE, _TEXT = "NOTIFICATION_TITLE", "NOTIFICATION_TEXT"
_TOAST = f"""
$kind = [Windows.UI.Notifications.ToastTemplateType, Windows.UI.Notifications, ContentType = WindowsRuntime]
$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$content = $manager::GetTemplateContent($kind::ToastText02)
$lines = $content.GetElementsByTagName('text')
$lines.Item(0).AppendChild($content.CreateTextNode($env:{_TITLE})) > $null
$lines.Item(1).AppendChild($content.CreateTextNode($env:{_TEXT})) > $null
$toast = [Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType = WindowsRuntime]::new($content)
$manager::CreateToastNotifier('ModelOp').Show($toast)
"""


class NotificationError(Exception):
    """Nobody was notified; the message says why, without the address."""


def notify_end(folder: JobFolder, target: str) -> None:
    """Notify an address or the desktop that a job has ended; where that fails, its log says so."""
    plan, outcome = folder.read_if_whole(Plan), folder.read_if_whole(Outcome)
    if plan is None or outcome is None:
        return
    record = outcome.applied_to(plan.record)
    try:
        if target == DESKTOP:
            show_on_desktop(
                f"{record.kind.value.capitalize()} of {plan.snapshot.ref}", text_of(record)
            )
        else:
            send(target, document_of(record))
    except NotificationError as error:
        with contextlib.suppress(OSError):
            folder.log("warning", f"{shown(target)} was not notified of the end: {error}")


def document_of(record: JobRecord) -> dict[str, Any]:
    """Return what is sent: the job as REST has it, and a sentence that chats show as ``text``."""
    ref = f"{record.model}@{record.snapshot}"
    sentence = f"{record.kind.value.capitalize()} of {ref}: {text_of(record)}"
    return {"text": sentence, **to_wire(record)}


def text_of(record: JobRecord) -> str:
    """Say how a job ended, in a sentence."""
    counts = record.counts
    words = [record.state.text.lower()]
    if counts.records_in:
        words.append(f"{plural(counts.records_in, 'record')} in, {counts.records_out:,} out")
    sentence = ", ".join(words)
    return sentence if record.error is None else f"{sentence}: {record.error.message}"


def send(address: str, document: Mapping[str, Any], *, pauses: Sequence[float] = _PAUSES) -> None:
    """Post a document to an address, several times if need be; raises where nobody takes it."""
    for pause in (*pauses, None):
        try:
            reason, may_pass = _post(address, document)
        except NotificationError as error:
            reason, may_pass = str(error), True
        if reason is None:
            return
        if pause is None or not may_pass:
            raise NotificationError(reason)
        time.sleep(pause)


def _post(address: str, document: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return why a document was not taken, None where it was, and whether that may pass."""
    import requests

    host = urlsplit(address).hostname
    try:
        # A redirected POST would arrive as a GET, elsewhere.
        answer = requests.post(address, json=document, timeout=_SECONDS, allow_redirects=False)
    except requests.Timeout:
        raise NotificationError(f"{host} gave no answer in {_SECONDS:g} s") from None
    except requests.RequestException:
        raise NotificationError(f"{host} cannot be reached") from None
    if 200 <= answer.status_code < 300:
        return None, False
    may_pass = answer.status_code >= 500 or answer.status_code in _MAY_PASS
    return f"{host} answers with status {answer.status_code}", may_pass


def why_no_desktop() -> str | None:
    """Return why this machine shows no notifications, None if it may."""
    program = _program()
    return None if shutil.which(program) else f"this machine has no {program}"


def show_on_desktop(title: str, text: str) -> None:
    """Show a notification; raises where this machine shows none."""
    command = [_program(), *_arguments(title, text)]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, _TITLE: title, _TEXT: text},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise NotificationError(f"this machine has no {command[0]}") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise NotificationError(f"{command[0]} failed ({type(error).__name__})") from None
    if done.returncode:
        reason = (done.stderr.strip() or "no message").splitlines()[0]
        raise NotificationError(f"{command[0]} failed: {reason}")


def _program() -> str:
    return {"darwin": "osascript", "win32": "powershell"}.get(sys.platform, "notify-send")


def _arguments(title: str, text: str) -> list[str]:
    """Return the arguments, in which title and text are never code."""
    if sys.platform == "win32":
        return ["-NoProfile", "-NonInteractive", "-Command", _TOAST]
    if sys.platform == "darwin":
        script = "display notification (item 2 of argv) with title (item 1 of argv)"
        return ["-e", "on run argv", "-e", script, "-e", "end run", title, text]
    return ["--app-name=ModelOp", "--", title, text]
