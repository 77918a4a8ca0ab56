"""`retention verify` and `retention prune`: what keeps a folder of reports whole and small."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from retention.errors import SettingsRefused
from retention.exits import SOME_FAILED, spoken


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR")] = Path("reports"),
) -> None:
    """Compare the published files under DIR with the checksums in their manifests."""
    with spoken():
        from retention.reporting.upkeep import verified

        if not folder.is_dir():
            raise SettingsRefused([f"{folder}: there is no such folder"])
        found = verified(folder)
    for problem in found.problems:
        typer.echo(problem, err=True)
    typer.echo(f"{found.reports} reports, {len(found.problems)} problems")
    if found.problems:
        raise typer.Exit(SOME_FAILED)


def prune(
    keep: Annotated[int, typer.Option(min=1, help="Newest reports of each unit that stay.")],
    out: Annotated[Path, typer.Option(help="Folder of the reports.")] = Path("reports"),
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove them; without it they are only named.")
    ] = False,
) -> None:
    """Name the reports that are older than the newest --keep of their unit, or remove them."""
    with spoken():
        from retention.reporting.lock import sole_run
        from retention.reporting.upkeep import old_reports, remove

        with sole_run(out) if delete else contextlib.nullcontext():
            for report in old_reports(out, keep=keep):
                if delete:
                    remove(report)
                typer.echo(f"{report}: {'removed' if delete else 'would be removed'}")
