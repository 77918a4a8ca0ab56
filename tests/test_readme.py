"""README.md says what is: its tables match the code, its figures those of a fresh opening."""

from __future__ import annotations

import re
import signal
import struct
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from pydantic_core import PydanticUndefined

from retention import (
    Unit,
    cli,
    cohort_views,
    cohorts,
    exits,
    follow_up,
    open_unit,
    sensitivity,
    thresholds,
)
from retention.activity import ACTIVITY
from retention.balance import ARM_CHECKS
from retention.effects import RESPONSE_EFFECTS, SPEND_EFFECTS, STATE_RESPONSES
from retention.inactive import ACTIVITY_RANGES, GROUPS
from retention.inactive_segments import INACTIVE_BY_SEGMENT
from retention.ledger import LEDGER
from retention.onboarding import BY_SEGMENT, ONBOARDING
from retention.opportunity_backtest import BACKTEST
from retention.opportunity_value import OPPORTUNITY
from retention.params import settings
from retention.quality import QUALITY
from retention.rates import CHURN, RATES, REACTIVATION, WIN_BACK
from retention.reasons import BY_REASON
from retention.recurring import RECURRING
from retention.restatements import RESTATEMENTS
from retention.rfm_segments import SEGMENTS
from retention.second_purchase import SECOND_PURCHASE, TIMES
from retention.segments import COMPARED
from retention.unit_settings import KEYS, Settings

ROOT = Path(__file__).parents[1]
TEXT = ROOT.joinpath("README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "GLOSSARY.md"]
WIDTH, MOST_BYTES = 1200, 300_000
"""Of the picture of the report."""


def table(heading: str) -> list[list[str]]:
    """Cells of the first table whose first heading cell is `heading`, without the heading."""
    (_, below) = TEXT.split(f"\n| {heading} |", 1)
    rows = below.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" |")] for row in rows]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# Tables -----------------------------------------------------------------------------------------


def shown(default: Any) -> str:
    """A default as the table writes it: as in a settings file, and nothing for none."""
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return ""
    if isinstance(default, tuple):
        return f"`[{', '.join(f'{number:g}' for number in default)}]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_explained_with_its_default() -> None:
    listed = {names(key)[0]: default for key, default, _ in table("key")}
    assert listed == {key: shown(Settings.model_fields[key].default) for key in KEYS}


def test_columns_of_the_files() -> None:
    listed = {names(name)[0]: columns.split(", ") for name, columns in table("file in `data/`")}
    assert listed == {
        "ledger.csv": list(LEDGER.names),
        "rates.csv": list(RATES.names),
        "cohorts.csv": list(cohorts.COHORTS.names),
        "unbounded.csv": list(cohort_views.UNBOUNDED.names),
        "rolling.csv": list(follow_up.ROLLING.names),
        "cohort_revenue.csv": list(cohort_views.COHORT_REVENUE.names),
        "second_purchase.csv": list(SECOND_PURCHASE),
        "second_life.csv": list(follow_up.SECOND_LIFE.names),
        "returns.csv": list(cohorts.RETURNS),
        "thresholds.csv": list(thresholds.THRESHOLDS),
        "sensitivity.csv": list(sensitivity.SENSITIVITY),
        "activity.csv": list(ACTIVITY.names),
        "quality.csv": list(QUALITY.names),
        "recurring.csv": list(RECURRING.names),
        "inactive.csv": list(GROUPS.names),
        "activity_ranges.csv": list(ACTIVITY_RANGES.names),
        "inactive_segments.csv": list(INACTIVE_BY_SEGMENT.names),
        "segments.csv": list(COMPARED),
        "opportunity.csv": list(OPPORTUNITY),
        "backtest.csv": list(BACKTEST),
        "onboarding.csv": list(ONBOARDING.names),
        "onboarding_segments.csv": list(BY_SEGMENT.names),
        "second_purchase_times.csv": list(TIMES),
        "rfm_segments.csv": list(SEGMENTS.names),
        "campaign_responses.csv": list(RESPONSE_EFFECTS),
        "campaign_spend.csv": list(SPEND_EFFECTS),
        "campaign_states.csv": list(STATE_RESPONSES),
        "campaign_checks.csv": list(ARM_CHECKS),
        "reasons.csv": list(BY_REASON),
        "restatements.csv": list(RESTATEMENTS),
    }


def test_every_command_and_option_is_named() -> None:
    command = typer.main.get_command(cli.app)
    assert isinstance(command, typer.core.TyperGroup)
    assert [names(name)[0].split()[1] for name, _ in table("command")] == list(command.commands)
    options = [option for p in command.commands["run"].params for option in p.opts]
    assert [o for o in options if o.startswith("--") and f"`{o}`" not in TEXT] == []


def test_exit_codes() -> None:
    stopped = [exits.STOPPED + number for number in (signal.SIGINT, signal.SIGTERM)]
    codes = [0, exits.SOME_FAILED, exits.REFUSED, exits.NONE_PUBLISHED, *stopped]
    assert [int(code) for cell, _ in table("exit code") for code in cell.split(",")] == codes


def test_what_is_to_be_opened_is_there() -> None:
    named = [name for _, places in table("to change") for name in names(places)]
    assert [name for name in named if not ROOT.joinpath(name).exists()] == []


# Links, examples, pictures ----------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    inside = [link.partition("#") for link in links if "://" not in link]
    assert inside
    for name, _, anchor in inside:
        target = ROOT / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


@pytest.mark.parametrize("example", re.findall(r"```yaml\n# params/(\S+)\n(.*?)```", TEXT, re.S))
def test_examples_of_settings_are_accepted(tmp_path: Path, example: tuple[str, str]) -> None:
    name, text = example
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert settings(tmp_path / name).slug == Path(name).stem


def test_the_picture_is_of_one_screen_and_small() -> None:
    raw = ROOT.joinpath("docs", "report.png").read_bytes()
    assert raw.startswith(b"\x89PNG")
    assert struct.unpack(">I", raw[16:20]) == (WIDTH,)
    assert len(raw) < MOST_BYTES


# Figures ----------------------------------------------------------------------------------------


def share(rates: pd.DataFrame, measure: str) -> str:
    last = rates[rates["measure"] == measure].iloc[-1]
    part, whole = (f"{last[name]:,.0f}" for name in ("numerator", "denominator"))
    return f"{100 * last['rate']:.1f} % ({part} of {whole})"


def unit_row(unit: Unit) -> str:
    rates, evidence = unit.rates(), unit.thresholds.evidence
    assert f"{rates['period'].iloc[-1]:%Y-%m}" == "2011-11"
    cells = [
        unit.settings.unit,
        f"{evidence['open_gaps'].iloc[0]:,}",
        *(f"{days} days" for days in evidence["days"]),
        *(share(rates, measure) for measure in (CHURN, REACTIVATION, WIN_BACK)),
    ]
    return f"| {' | '.join(cells)} |"


def quality_row(row: pd.Series) -> str:
    amount = " " if pd.isna(row["amount"]) else f" {row['amount']:,.2f} "
    return f"| `{row['check']}` | {row['rows']:,} |{amount}| {row['level']} |"


def figures(units: list[Unit]) -> str:
    """The part of the README that a run on Online Retail II prints."""
    kingdom = units[0]
    events = kingdom.ledger()["won_back"].iloc[-1]
    rates = kingdom.rates()
    counted = rates[rates["measure"] == WIN_BACK]["numerator"].iloc[-1]
    lines = [
        "| unit | customers | inactive after | lost after | churn | reactivation | win-back |",
        "|---|---|---|---|---|---|---|",
        *map(unit_row, units),
        "",
        f"The ledger of the United Kingdom holds {events} win-back events in that month, and the",
        f"rate counts {counted:.0f}: the others were lost only after the month had opened (see",
        "[the glossary](GLOSSARY.md#the-four-rates)). The rows of the United Kingdom, with their",
        "revenue in GBP:",
        "",
        "| check | rows | revenue | level |",
        "|---|---|---|---|",
        *(quality_row(row) for _, row in kingdom.quality().iterrows()),
    ]
    return "\n".join(lines)


@pytest.mark.usefixtures("real_data")
def test_figures_of_online_retail_are_those_of_a_fresh_opening() -> None:
    stems = ("united_kingdom", "germany", "france", "spain", "belgium")
    folder = ROOT / "params" / "online_retail_ii"
    assert {path.stem for path in folder.iterdir()} == {*stems, "defaults"}
    units = [open_unit(str(folder / f"{stem}.yaml")) for stem in stems]
    (written,) = re.findall(r"<!-- figures: .*? -->\n(.*?)<!-- end of figures -->", TEXT, re.S)
    assert written.strip() == figures(units)
