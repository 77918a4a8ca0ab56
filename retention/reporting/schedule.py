"""Recipes for schedulers: the same command every night, with nobody watching."""

import shlex
from pathlib import Path

# Late enough that the day's data are there, and not on the hour, when everything else starts.
HOUR, MINUTE = 3, 17


def cron(command: list[str], *, folder: Path) -> str:
    """Return a line for `crontab -e`: quiet unless something is wrong, which cron then mails."""
    # In a crontab a bare % ends the command.
    line = f"cd {shlex.quote(str(folder))} && {shlex.join(command)}".replace("%", r"\%")
    return f"{MINUTE} {HOUR} * * * {line}\n"


def systemd(command: list[str], *, folder: Path) -> dict[str, str]:
    """Return a service and its timer by the name of their files, for ~/.config/systemd/user/.

    A night that the machine slept through is made up for. SIGTERM ends a run cleanly.
    """
    words = " ".join(_quoted(word) for word in command)
    place = str(folder).replace("%", "%%")
    service = f"""\
[Unit]
Description=Customer retention reports

[Service]
Type=oneshot
WorkingDirectory={place}
ExecStart={words}
"""
    timer = f"""\
[Unit]
Description=Customer retention reports every night

[Timer]
OnCalendar=*-*-* {HOUR:02d}:{MINUTE:02d}:00
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {"retention.service": service, "retention.timer": timer}


def _quoted(word: str) -> str:
    """A word of ExecStart, where % and $ have meanings of their own."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'
