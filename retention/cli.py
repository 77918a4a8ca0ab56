"""The `retention` command.

Exit codes: 0 all units published; 1 some failed, the others are published; 2 settings or data
refused, nothing ran and nothing was written; 3 none published; 130 interrupted, 143 terminated.
"""

import contextlib
import signal
import sys
import sysconfig
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retention import stops
from retention.audience_command import audience
from retention.errors import SettingsRefused
from retention.exits import REFUSED, SOME_FAILED, STOPPED, code_of, say, spoken
from retention.upkeep_commands import prune, verify

if TYPE_CHECKING:
    from retention.reporting.preflight import Checked

# What reads data and executes notebooks is imported by the commands that do: --help is instant.

app = typer.Typer(
    help="Who are we losing, who comes back, and what is it worth: reports per business unit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Units = Annotated[
    list[str] | None,
    typer.Argument(help="Settings files or slugs; by default every unit file in --params."),
]
Params = Annotated[Path, typer.Option(help="Folder of the settings files.")]
Out = Annotated[Path, typer.Option(help="Folder of the reports.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Last day covered, in place of the settings'."),
]
Notebook = Annotated[
    Path | None,
    typer.Option(help="By default notebooks/retention_report.ipynb, here or in the package."),
]


class Executor(StrEnum):
    """Where the units of a run are computed."""

    LOCAL = "local"
    DASK = "dask"


def main() -> None:
    """Entry point of the `retention` script."""
    # jsonschema would compile a grammar of web addresses, a second each time; no notebook needs it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as import has it
    try:
        stops.heed()
        try:
            app()
        finally:
            stops.over()
    except KeyboardInterrupt as interrupt:
        raise SystemExit(STOPPED + stops.signal_of(interrupt)) from None
    except SystemExit as end:
        # To Typer every signal is Ctrl-C.
        if end.code == STOPPED + signal.SIGINT:
            raise SystemExit(STOPPED + stops.signal_of(KeyboardInterrupt())) from None
        raise


@app.command()
def run(
    units: Units = None,
    params: Params = Path("params"),
    out: Out = Path("reports"),
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Units at once; by default one per processor.")
    ] = None,
    executor: Annotated[
        Executor, typer.Option(help="Where units are computed: here, or on a Dask cluster.")
    ] = Executor.LOCAL,
    scheduler: Annotated[
        str | None, typer.Option(help="Of the Dask cluster, like tcp://host:8786.")
    ] = None,
    as_of: AsOf = None,
    notebook: Notebook = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one unit may take.")] = 3600,
    cell_timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds that one cell may take; by default no limit.")
    ] = None,
    memory_mb: Annotated[
        int | None,
        typer.Option(min=1, help="Memory that one unit may take, in MB; by default no limit."),
    ] = None,
    max_kb: Annotated[int, typer.Option(min=1, help="Size that a page may have.")] = 600,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Skip units published already with the same settings, as_of, notebook and "
            "versions. Changes of past data are not noticed.",
        ),
    ] = False,
    if_changed: Annotated[
        bool, typer.Option("--if-changed", help="The same, and compare the data too.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another run that is at work on --out.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say only what is wrong.")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="One JSON object a line, in place of words.")
    ] = False,
    notify: Annotated[
        str | None,
        typer.Option(
            help="Command to run at the end; it gets the log of the run on its stdin, or "
            "why nothing ran."
        ),
    ] = None,
) -> None:
    """Check every unit, run each in a kernel of its own, publish the reports and their index."""

    def notified(summary: dict[str, Any]) -> None:
        from retention.reporting import notify as commands

        if notify and (wrong := commands.notified(notify, summary)):
            say(wrong, as_json=log_json)

    def refused(problems: Sequence[str]) -> None:
        told = {"exit_code": REFUSED, "problems": problems, "statuses": {}, "units": []}
        notified(told)

    again = resume or if_changed
    with spoken(as_json=log_json, then=refused), contextlib.ExitStack() as held:
        from retention.reporting.warm import early

        # Where all may be skipped, or another machine does the work, no kernel may be wanted.
        begins = not again and executor is Executor.LOCAL
        forked = held.enter_context(early(notebook)) if begins else None

        from retention.reporting import runner
        from retention.reporting.cluster import chosen
        from retention.reporting.limits import MEGABYTE, Limits
        from retention.reporting.preflight import preflight
        from retention.reporting.progress import Watch
        from retention.staging import staging

        json_in = out if log_json else None
        with (
            Watch(quiet=quiet, json_in=json_in) as watch,
            staging(),
            chosen(executor.value, scheduler, jobs) as cluster,
        ):
            checked = preflight(
                units or [],
                params=params,
                as_of=as_of.date() if as_of else None,
                notebook=notebook,
                wait_for=watch.wait_for,
            )
            stops.check()
            plan = runner.Plan(
                checked.notebook,
                out,
                jobs=jobs,
                limits=Limits(timeout, cell_timeout, memory_mb * MEGABYTE if memory_mb else None),
                page_bytes=max_kb * 1000,
                resume=again,
                fingerprints=checked.fingerprints if if_changed else None,
                wait=wait,
                cluster=cluster,
                checked=checked.fingerprints,
                forked=forked,
            )
            watch.expect(len(checked.units))
            batch = runner.run(checked.units, plan, watch=watch, tell=watch.tell)
    code = code_of(batch)
    # Nothing was refused any more: what cannot be told is a fault of a run that did its work.
    with spoken(as_json=log_json, code=code or SOME_FAILED):
        watch.explain(batch.results)
        if batch.group and not batch.group.status.good:
            watch.tell(f"Page of all units: {batch.group.message}")
        notified(batch.summary | {"exit_code": code})
        if not batch.index:
            say(f"{out / 'index.html'}: could not be written; it is as it was", as_json=log_json)
        elif not quiet:
            typer.echo(batch.index)
    raise typer.Exit(code)


def _checked(
    units: Sequence[str] | None,
    *,
    params: Path,
    notebook: Path | None,
    as_of: datetime | None = None,
) -> "Checked":
    """What `preflight` makes of the units, shown while it is at work."""
    from retention.reporting.preflight import preflight
    from retention.reporting.progress import Watch
    from retention.staging import staging

    day = as_of.date() if as_of else None
    with Watch() as watch, staging():
        return preflight(
            units or [], params=params, as_of=day, notebook=notebook, wait_for=watch.wait_for
        )


@app.command()
def check(
    units: Units = None,
    params: Params = Path("params"),
    as_of: AsOf = None,
    notebook: Notebook = None,
) -> None:
    """Check settings, notebook and data of every unit, all problems at once; run nothing."""
    with spoken():
        checked = _checked(units, params=params, as_of=as_of, notebook=notebook)
    for settings in checked.units:
        typer.echo(f"{settings.slug}: good, data up to {settings.as_of}")


@app.command()
def why(
    units: Units = None,
    params: Params = Path("params"),
    out: Out = Path("reports"),
    notebook: Notebook = None,
) -> None:
    """Tell what a run with --if-changed would do with each unit, and why."""
    with spoken():
        from retention.reporting.delivery import reasons_to_run
        from retention.reporting.manifest import of_notebook

        checked = _checked(units, params=params, notebook=notebook)
        source = of_notebook(checked.notebook)
    for settings in checked.units:
        fingerprint = checked.fingerprints[settings.slug]
        reasons = reasons_to_run(settings, out=out, notebook=source, fingerprint=fingerprint)
        told = (
            f"would run: {'; '.join(reasons)}" if reasons else "would be skipped: nothing changed"
        )
        typer.echo(f"{settings.slug}: {told}")


app.command()(verify)
app.command()(prune)


@app.command()
def schedule(
    cron: Annotated[bool, typer.Option("--cron", help="A line for a crontab.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="A service and its timer.")] = False,
) -> None:
    """Print a recipe that runs the reports of this folder every night."""
    with spoken():
        from retention.reporting import schedule as recipes

        if cron == systemd:
            raise SettingsRefused(["choose one of --cron and --systemd"])
        # Not `python -m`: started so, DuckDB takes the process for a terminal and draws a bar.
        script = Path(sysconfig.get_path("scripts"), "retention")
        command = [str(script), "run", "--if-changed", "--wait"]
    if cron:
        typer.echo(recipes.cron([*command, "--quiet"], folder=Path.cwd()), nl=False)
        return
    for name, text in recipes.systemd(command, folder=Path.cwd()).items():
        typer.echo(f"# {name}\n{text}")


@app.command()
def sample(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Write a simulated company: its data to DIR/data, its five units to DIR/params."""
    from retention.sample import write_company

    with spoken():
        for path in write_company(folder):
            typer.echo(path)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Lay out a new kit in DIR: notebooks, shared settings, an example unit. Overwrite nothing."""
    with spoken():
        from retention.reporting.starter import laid_out

        for path in laid_out(folder):
            typer.echo(path)
    typer.echo(f"Next: say in {folder / 'params'} where the data are, then run `retention check`.")


app.command()(spoken()(audience))


if __name__ == "__main__":
    main()
