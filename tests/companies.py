"""The sample company with its reports, run once a session: what tests of pages look at."""

from __future__ import annotations

from pathlib import Path

from retention.params import all_settings
from retention.reporting.notebooks import kit_notebook
from retention.reporting.outcome import Status
from retention.reporting.runner import Plan, run
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

# What the query makes of the rows reaches the page only by the settings; ids never do.
_HOSTILE_UNIT = """\
unit: '{unit}'
language: en
query: >-
  SELECT '<b onclick="alert(3)">' || customer_id AS customer_id, ordered_at, amount,
  '</style><script>alert(4)</script>' AS segment FROM source WHERE unit = 'Outlet US'
"""
_HOSTILE_FAILURE = """\
unit: '{unit}'
language: fr
query: SELECT "</pre><script>alert(5)</script>" FROM source
"""


def write_reports(folder: Path) -> Path:
    """Run a small company, and two units whose every text is hostile; return the reports folder.

    One of the hostile units fails, so that there is a failure page.
    """
    write_company(folder, customers=1500)
    quoted = HOSTILE.replace("'", "''")
    for slug, text in (("hostile", _HOSTILE_UNIT), ("refused", _HOSTILE_FAILURE)):
        path = folder / "params" / f"{slug}.yaml"
        path.write_text(text.replace("{unit}", quoted, 1), encoding="utf-8")
    slugs = (*IN_LANGUAGES.values(), "refused")
    settings = all_settings([folder / "params" / f"{slug}.yaml" for slug in slugs])
    batch = run(settings, Plan(kit_notebook(), folder / "reports"))
    became = {result.settings.slug: result.outcome.status for result in batch.results}
    assert became == dict.fromkeys(slugs, Status.PUBLISHED) | {"refused": Status.DATA_REFUSED}
    return folder / "reports"
