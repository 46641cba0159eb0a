"""Programs at the place of cron's and systemd's that keep what they are given."""

from __future__ import annotations

from pathlib import Path

# As crontab of Debian's cron does it.
_CRONTAB = """\
#!/bin/sh
store="{folder}/stored crontab"
if [ "$1" = -l ]; then
    [ -e "$store" ] || {{ echo "no crontab for me" >&2; exit 1; }}
    exec /bin/cat "$store"
fi
exec /bin/cat > "$store"
"""
_SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> "{folder}/systemctl calls"
"""


def install_crontab(folder: Path) -> Path:
    """Put ``crontab`` into a folder; returns the file in which it keeps what it is given."""
    _install(folder / "crontab", _CRONTAB)
    return folder / "stored crontab"


def install_systemctl(folder: Path) -> Path:
    """Put ``systemctl`` into a folder; returns the file with what it was asked to do."""
    _install(folder / "systemctl", _SYSTEMCTL)
    return folder / "systemctl calls"


def _install(program: Path, text: str) -> None:
    program.write_text(text.format(folder=program.parent))
    program.chmod(0o755)
