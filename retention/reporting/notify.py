"""A command of the user's own after a run: mail, chat, whatever reads JSON on its stdin."""

import json
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

SECONDS = 60


def notified(command: str, summary: Mapping[str, Any]) -> str:
    """Give the summary of a run to a command on its stdin; return what went wrong, or nothing.

    The command is run as it is written, without a shell.
    """
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603  # the user's own command, no shell
            words, input=json.dumps(summary), text=True, timeout=SECONDS, check=False
        )
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        return f"--notify: {error}"
    return f"--notify: the command ended with {done.returncode}" if done.returncode else ""
