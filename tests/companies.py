"""The sample company with its reports, run once a session: what tests of pages look at."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pandas as pd

from retention.params import all_settings
from retention.reporting.notebooks import WINBACK, kit_notebook
from retention.reporting.runner import Plan, run
from retention.reporting.statuses import Status
from retention.sample import write_company

IN_LANGUAGES = {"en": "hostile", "es": "grocer_es", "fr": "fashion_fr"}
"""Language -> the unit whose report is in it."""

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></style></section>"
    '<style>*{display:none}</style><!-- & &lt;b&gt; &#60; =HYPERLINK("//e.org","x") '
    "\u202eevil\u200f \U0001f9ea {unit} %s ]]> $\\frac{1}{2}$ \\input{x} +cmd|'/C calc'!A1 "
)
"""A name that would run, hide, turn round or widen a page that let it: 300 characters and more."""
HOSTILE += "W" * max(0, 300 - len(HOSTILE))

HOSTILE_NAMES = (
    "<script>alert(4)</script>",
    "W" * 90,
    "\U0001f9ea\U0001f468\u200d\U0001f469\u200d\U0001f467 {count} %s $x$",
    "\u202ecte \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    '=HYPERLINK("//e.org","x") & \'<img src=x onerror=alert(5)>',
    "</style></figure></details><h1>",
)
"""What segments, campaigns, arms and reasons are called in the hostile unit."""

_ID = '<b onclick="alert(3)">'
# What the query makes of the rows reaches the report only by the settings, and the win-back page by
# the segments; ids never do.
_HOSTILE_UNIT = """\
unit: '{unit}'
language: en
currency: USD
segments: ['<i onclick="alert(6)">', region]
contacts: ../data/hostile_contacts.parquet
control_share: 0.2
feedback: ../data/hostile_feedback.parquet
query: >-
  SELECT '{id}' || customer_id AS customer_id, ordered_at, amount, region,
  list_extract([{names}], 1 + CAST(right(customer_id, 3) AS INTEGER) % {count})
  AS "<i onclick=""alert(6)"">" FROM source WHERE unit = 'Outlet US'
"""
_HOSTILE_FAILURE = """\
unit: '{unit}'
language: fr
query: SELECT "</pre><script>alert(5)</script>" FROM source
"""


def write_reports(folder: Path) -> Path:
    """Run a small company, and two units whose every text is hostile; return the reports folder.

    One of the hostile units fails, so that there is a failure page. Beside the reports, in
    `winback`, stands the win-back page of the other.
    """
    write_company(folder, customers=1500)
    _write_hostile_sources(folder / "data")
    names = ", ".join(_quoted(name) for name in HOSTILE_NAMES)
    told = {"unit": HOSTILE.replace("'", "''"), "id": _ID, "names": names}
    told["count"] = str(len(HOSTILE_NAMES))
    for slug, text in (("hostile", _HOSTILE_UNIT), ("refused", _HOSTILE_FAILURE)):
        for key, value in reversed(told.items()):
            text = text.replace(f"{{{key}}}", value, 1)
        (folder / "params" / f"{slug}.yaml").write_text(text, encoding="utf-8")
    slugs = (*IN_LANGUAGES.values(), "refused")
    settings = all_settings([folder / "params" / f"{slug}.yaml" for slug in slugs])
    batch = run(settings, Plan(kit_notebook(), folder / "reports"))
    became = {result.settings.slug: result.outcome.status for result in batch.results}
    assert became == dict.fromkeys(slugs, Status.PUBLISHED) | {"refused": Status.DATA_REFUSED}
    batch = run(settings[:1], Plan(kit_notebook(WINBACK), folder / "winback"))
    assert [result.outcome.status for result in batch.results] == [Status.PUBLISHED]
    return folder / "reports"


def _write_hostile_sources(data: Path) -> None:
    """The contacts and answers of Outlet US as those of the hostile unit, under hostile names."""
    for source, named in (("contacts", ("campaign", "arm")), ("feedback", ("reason",))):
        rows = pd.read_parquet(data / f"sample_{source}.parquet")
        rows = rows[rows.pop("unit") == "Outlet US"].assign(
            customer_id=lambda f: _ID + f.customer_id
        )
        for column in named:
            known = sorted({*rows[column].dropna()} - {"control"})
            hostile = dict(zip(known, cycle(HOSTILE_NAMES), strict=False))
            rows[column] = rows[column].replace(hostile)
        rows.to_parquet(data / f"hostile_{source}.parquet")


def _quoted(text: str) -> str:
    """A text of SQL, within a text of YAML that is folded."""
    return "'" + text.replace("'", "''") + "'"
