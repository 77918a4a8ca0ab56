"""An audience as a file: one row a customer, for a mail tool and for `contacts`, and its manifest.

The file holds customers' ids, so it is private, never lies among reports, and no page shows it.
"""

import getpass
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis.expr.schema import Schema

from retention import audiences, do_not_contact
from retention.audiences import ABOUT_TO_LAPSE, CONTROL, NAMES, SINCE, WHERE, Asked
from retention.contacts import PLANNED
from retention.errors import DataRefused, SettingsRefused, did_you_mean
from retention.formulas import guarded
from retention.optional_sources import DO_NOT_CONTACT
from retention.reporting import manifest, private_files, publishing
from retention.reporting.conditions import condition
from retention.unit import Unit

SCHEMA = 1
WITHIN_DAYS = 7
"""How far ahead about-to-lapse looks, unless it is said."""

ADDED = ("arm", "campaign", "contacted_on", "unit", PLANNED)
"""Columns of the file beside those of the audience; with customer_id, what `contacts` reads."""

_ROWS = 10_000
_UNSAFE = re.compile(r"[\s\",;']")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for on the command line; empty where nothing is said.

    holdout: the share of the customers to hold out; seed: any text, which draws them.
    """

    name: str
    out: Path
    reports: Path
    since: date | None = None
    within_days: int | None = None
    where: str | None = None
    holdout: float = 0.0
    seed: str | None = None
    campaign: str | None = None
    contact_on: date | None = None
    force: bool = False


@dataclass(frozen=True)
class Written:
    """The file, and what its manifest says of it."""

    file: Path
    record: dict[str, Any]

    def told(self) -> list[str]:
        """What a person at the command reads, line by line; it holds no id."""
        record, arms = self.record, self.record["arms"]
        since = f" since {record['since']}" if record["since"] else ""
        within = f" within {record['within_days']} days" if record["within_days"] else ""
        where = f" where {record['where']}" if record["where"] else ""
        name = record["audience"] if record["audience"] != WHERE else "customers"
        what = f"{name}{since}{within}{where}, up to {record['as_of']}"
        lines = [f"{self.file}: {_customers(record['customers'])} ({what})"]
        if record["removed"][DO_NOT_CONTACT] is not None:
            lines.append(f"removed: {record['removed'][DO_NOT_CONTACT]:,} by {DO_NOT_CONTACT}")
        if record["holdout"] and record["customers"]:
            held = arms[CONTROL]
            lines.append(f"held out: {held:,} (arm {CONTROL}); write to the others alone")
            if not held:
                lines.append(
                    "nobody is held out, so no effect can be measured; take another --seed"
                )
        return lines


def share(text: str) -> float:
    """A percentage as a share. Raises SettingsRefused for anything else.

    >>> share("10%"), share("12.5 %")
    (0.1, 0.125)
    """
    found = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]+)?) ?%", text.strip())
    part = Decimal(found[1]) / 100 if found else Decimal(0)
    if not part:
        wrong = f"--holdout {text}: is no percentage above 0 and below 100; write for instance 10%"
        raise SettingsRefused([wrong])
    return float(part)


def check(request: Request, *, segments: Sequence[str] = ()) -> None:
    """Raise SettingsRefused with everything that is wrong before any data are read.

    segments: of the unit, which a condition may name too.
    """
    wrong: list[str] = []
    name = request.name
    if name not in NAMES:
        near = did_you_mean(name, NAMES) or f"; the audiences are {', '.join(NAMES)}"
        wrong.append(f"{name}: there is no such audience{near}")
    else:
        if request.since and name not in SINCE:
            wrong.append(f"--since: {name} is not of what happened since a day; leave it out")
        if request.within_days is not None and name != ABOUT_TO_LAPSE:
            wrong.append(f"--within: it is for {ABOUT_TO_LAPSE}; leave it out")
        if name == WHERE and request.where is None:
            wrong.append(f"{WHERE}: it needs --where, a condition like \"state = 'lost'\"")
    if request.seed is not None and not request.holdout:
        wrong.append("--seed: it draws who is held out; give --holdout too, for instance 10%")
    if request.out.suffix != ".csv":
        wrong.append(f"--out {request.out}: its name must end in .csv")
    wrong += private_files.problems(request.out, reports=request.reports)
    if not request.force:
        files = (request.out, manifest_of(request.out))
        wrong += [private_files.taken(file) for file in files if os.path.lexists(file)]
    try:
        if request.where is not None:
            condition(request.where, asked_about(audiences.AUDIENCE, segments))
    except SettingsRefused as refusal:
        wrong += refusal.problems
    if wrong:
        raise SettingsRefused(list(dict.fromkeys(wrong)))


def asked_about(columns: Schema, segments: Sequence[str] = ()) -> Schema:
    """Return the columns that a condition may name: all but the id, for a manifest holds none."""
    named = {name: kind for name, kind in columns.items() if name != "customer_id"}
    return Schema(named | dict.fromkeys(audiences.segment_columns(segments), dt.string))


def write(unit: Unit, request: Request) -> Written:
    """Choose the customers, draw who is held out, and write the file and its manifest.

    Raises DataRefused where the unit has no such audience, SettingsRefused where a day is missing
    or does not fit, and OSError; then neither file has been written.
    """
    limits = unit.thresholds
    dormant_for = limits.lost_after - limits.inactive_after
    if reason := audiences.why_not(request.name, buys=unit.model.buys, dormant_for=dormant_for):
        raise DataRefused(f"{unit.settings.path.name}: {request.name}: {reason}")
    asked = _asked(unit, request)
    rows, removed = _allowed(unit, _chosen(unit, request, asked))
    campaign = request.campaign or f"{unit.settings.slug}-{request.name}-{unit.as_of}"
    contacted_on = request.contact_on or unit.as_of + timedelta(days=1)
    if contacted_on <= unit.as_of:
        wrong = f"--contact-on {contacted_on}: must be after {unit.as_of}, the last day covered"
        raise SettingsRefused([wrong])
    # Another campaign draws anew: else the same customers would be held out of every one.
    seed = request.seed if request.seed is not None else campaign
    arms = [
        audiences.arm(customer, share=request.holdout, seed=seed)
        for customer in rows["customer_id"].to_pylist()
    ]
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "unit": unit.settings.unit,
        "audience": request.name,
        "as_of": str(unit.as_of),
        "since": asked.since and str(asked.since),
        "within_days": asked.within_days,
        "where": request.where,
        "customers": rows.num_rows,
        "removed": {DO_NOT_CONTACT: removed},
        "arms": {arm: arms.count(arm) for arm in (audiences.TREATED, CONTROL)},
        "holdout": request.holdout,
        "seed": seed if request.holdout else None,
        "campaign": campaign,
        "contacted_on": str(contacted_on),
        "written_by": _user(),
        "written_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "settings_sha256": manifest.sha256(manifest.as_json(unit.settings.resolved())),
        "thresholds": [limits.inactive_after, limits.lost_after],
        "data": unit.fingerprint,
        "kit": manifest.kit_version(),
    }
    # The unit too: audiences of several units may lie in one folder, which `contacts` reads whole.
    alike = (campaign, contacted_on, unit.settings.unit, request.holdout or None)
    lines = _csv(rows, [(arm, *alike) for arm in arms])
    with ExitStack() as stack:
        body = stack.enter_context(private_files.staged(request.out, lines))
        record["file"] = {"name": request.out.name, "sha256": body.sha256, "bytes": body.size}
        beside = manifest_of(request.out)
        head = stack.enter_context(private_files.staged(beside, [manifest.as_json(record)]))
        # First the manifest: no file of customers is ever without one.
        head.put(force=request.force)
        body.put(force=request.force)
    return Written(request.out, record)


def manifest_of(file: Path) -> Path:
    """Return the path of the manifest beside a file."""
    return file.with_name(f"{file.name}.{manifest.NAME}")


def _asked(unit: Unit, request: Request) -> Asked:
    within = request.within_days if request.within_days is not None else WITHIN_DAYS
    within_days = within if request.name == ABOUT_TO_LAPSE else None
    if request.name not in SINCE:
        return Asked(unit.as_of, within_days=within_days)
    since = request.since or _last_run(unit, request)
    if since >= unit.as_of:
        wrong = f"--since {since}: must be before {unit.as_of}, the last day covered"
        raise SettingsRefused([wrong])
    return Asked(unit.as_of, since)


def _last_run(unit: Unit, request: Request) -> date:
    """The last day of the newest report that covers fewer days than are asked for now."""
    folders = publishing.report_folders(request.reports / unit.settings.slug)
    before = [day for f in folders if (day := date.fromisoformat(f.name)) < unit.as_of]
    if not before:
        raise SettingsRefused(
            [
                f"{request.reports / unit.settings.slug}: no report up to a day before "
                f"{unit.as_of}, so nobody knows since when; give --since, for instance "
                f"--since {unit.as_of - timedelta(days=30)}"
            ]
        )
    return before[-1]


def _chosen(unit: Unit, request: Request, asked: Asked) -> ir.Table:
    chosen = audiences.audience(unit.customers(), request.name, asked)
    if unit.segment_values is not None:
        segments = unit.settings.segments
        chosen = audiences.with_segments(chosen, unit.segment_values, segments)
    if request.where is not None:
        chosen = chosen.filter(condition(request.where, asked_about(chosen.schema()))(chosen))
    return chosen


def _allowed(unit: Unit, chosen: ir.Table) -> tuple[pa.Table, int | None]:
    """The customers by id, and how many are left out; None where nobody is listed."""
    if DO_NOT_CONTACT not in unit.others:
        return chosen.to_pyarrow().sort_by("customer_id"), None
    listed = do_not_contact.listed(unit.others[DO_NOT_CONTACT])
    rows = audiences.without(chosen, listed).to_pyarrow().sort_by("customer_id")
    return rows, int(chosen.count().to_pyarrow().as_py()) - rows.num_rows


def _csv(rows: pa.Table, added: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """The file in parts, in UTF-8: its heading, then the rows by _ROWS."""
    yield f"{','.join(map(_cell, [*rows.column_names, *ADDED]))}\n".encode()
    beside = iter(added)
    for batch in rows.to_batches(_ROWS):
        lines = (
            ",".join(map(_cell, [*row.values(), *next(beside)])) + "\n" for row in batch.to_pylist()
        )
        yield "".join(lines).encode()


def _cell(value: object) -> str:
    """A value as a cell: texts guarded against spreadsheets, numbers without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = guarded(value) if isinstance(value, str) else str(value)
    # In quotes also what only some programs take for the end of a cell.
    return '"{}"'.format(text.replace('"', '""')) if _UNSAFE.search(text) else text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return f"user {os.getuid()}"


def _customers(number: int) -> str:
    if not number:
        return "nobody, its heading alone"
    return f"{number:,} customer{'' if number == 1 else 's'}"
