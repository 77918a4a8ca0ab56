"""The whole batch before any of it runs: settings, notebook and data, all problems at once."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from retention import stops
from retention.environment import shown
from retention.errors import DataRefused, SettingsRefused
from retention.opening import named, open_unit
from retention.params import Settings, all_settings, find_unit, unit_files
from retention.params import settings as read_settings
from retention.reporting.notebooks import default_notebook, load_notebook
from retention.sources import in_process, spark_master
from retention.staging import stage
from retention.unit_settings import SOURCES


@dataclass(frozen=True)
class Checked:
    """What a batch may run with: settings and fingerprints of the data by slug, the notebook."""

    units: list[Settings]
    notebook: Path
    fingerprints: dict[str, str | None]


def preflight(
    units: Sequence[str],
    *,
    params: Path,
    as_of: date | None = None,
    notebook: Path | None = None,
    wait_for: Callable[[str], object] = lambda _: None,
) -> Checked:
    """Return the settings of the units and the notebook to run, once nothing speaks against them.

    `units`: slugs in `params` or paths of settings files; none of them stands for every file in
    `params`. The settings carry the `as_of` that the data gave, so that all units of a batch that
    runs past midnight, and a notebook opened later, cover what was checked here. The data are read
    to their end: the last row may hold the cell that cannot be read, and neither the last day nor
    the fingerprint can be told from fewer. Within staging.staging, units that read alike share one
    reading, and the kernels of the run see what was checked here; those on workers of a cluster do
    not, and read the source once for each unit. `wait_for` is called with what is done next, in
    words, whenever that may take long.
    Raises SettingsRefused with every problem of settings, notebook and data, one line each.
    """
    problems: list[str] = []
    path = notebook or Path()
    with _collected(problems):
        path = notebook or default_notebook()
        load_notebook(path)
    fingerprints: dict[str, str | None] = {}
    found = _settings(_files(units, params, problems), as_of, problems)
    found = _on_one_spark(found, problems)
    stage(found, lambda source, units: wait_for(_reading(source, units)))
    opened = []
    for number, settings in enumerate(found, start=1):
        wait_for(_counting(settings, number, len(found)))
        opened.append(_opened(settings, problems, fingerprints))
    if problems:
        raise SettingsRefused(problems)
    return Checked(opened, path, fingerprints)


def _reading(source: str, units: int) -> str:
    return f"reading {source} for {units} units" if units > 1 else f"reading {source}"


def _counting(settings: Settings, number: int, units: int) -> str:
    # What a server holds was not read before.
    what = "counting" if in_process(settings.source) else f"reading {shown(settings.source)} for"
    return f"{what} {settings.slug}" + (f" ({number} of {units})" if units > 1 else "")


def _files(units: Sequence[str], params: Path, problems: list[str]) -> list[Path]:
    files: list[Path] = []
    if not units:
        with _collected(problems):
            files = unit_files(params)
    for unit in units:
        with _collected(problems):
            files.append(find_unit(unit, params=params))
    return files


def _settings(files: Sequence[Path], as_of: date | None, problems: list[str]) -> list[Settings]:
    overrides = {"as_of": as_of}
    with _collected(problems):
        return all_settings(files, overrides=overrides)
    # Some are wrong: the data of the others are looked at all the same, to say everything at once.
    good = []
    for file in files:
        with contextlib.suppress(SettingsRefused):
            good.append(read_settings(file, overrides=overrides))
    return good


def _on_one_spark(units: Sequence[Settings], problems: list[str]) -> list[Settings]:
    """The units, without those on another Spark than the first that is on one.

    What else speaks against these is told when they are run by themselves: to open them would be
    to ask for the other Spark.
    """
    first: tuple[str, Settings] | None = None
    good = []
    for settings in units:
        asked = [getattr(settings, key) for key in SOURCES]
        on = [(m, source) for source in asked if source and (m := spark_master(source))]
        first = first or (on[0][0], settings) if on else first
        others = [source for m, source in on if first and m != first[0]]
        # What is on two by itself is refused when it is opened.
        if first and others and settings is not first[1]:
            problems.append(
                f"{settings.path.name}: source {shown(others[0])}: a process has one Spark, and "
                f"{first[1].path.name} is on another; run the units of each Spark by themselves, "
                f"as in `retention run {settings.slug}`"
            )
        else:
            good.append(settings)
    return good


def _opened(
    settings: Settings, problems: list[str], fingerprints: dict[str, str | None]
) -> Settings:
    with _collected(problems):
        unit = open_unit(settings)
        settings = settings.found(unit.as_of)
        with named(settings):
            fingerprints[settings.slug] = unit.fingerprint
        # One unit's data at a time are enough to hold.
        unit.source.close()
    return settings


@contextlib.contextmanager
def _collected(problems: list[str]) -> Iterator[None]:
    try:
        with stops.told_apart():
            yield
    except SettingsRefused as refusal:
        problems.extend(refusal.problems)
    except DataRefused as refusal:
        problems.append(str(refusal))
