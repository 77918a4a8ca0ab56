"""Tables that hold on a page: what matters first, and the rest folded."""

from datetime import date
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from displayed import html, showing
from orders import csv, opened
from test_campaigns import DAY, SILENT, mailed, page, shop

from retention.headings import text_of
from retention.language import Language
from retention.reporting.display import Report


def table(soup: BeautifulSoup, caption: str) -> Tag:
    found = soup.find("caption", string=caption)
    assert found is not None
    whole = found.find_parent("table")
    assert whole is not None
    return whole


def rows(soup: BeautifulSoup, caption: str) -> list[list[str]]:
    return [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in table(soup, caption).find_all("tr")
    ]


def test_what_campaigns_brought_is_told_in_six_columns(tmp_path: Path) -> None:
    sent = mailed("mail", 0, 30) + mailed("control", 30, 60)
    back = [(f"c{number}", DAY, 5) for number in (*range(20), *range(30, 36))]
    soup = page(shop(tmp_path, SILENT + back, contacts=sent))
    head, row = rows(soup, "Spend per contacted customer, against the control")
    assert head == [
        *("campaign", "arm", "verdict", "customers"),
        *("uplift of spend per head (95% interval)", "money more (95% interval)"),
    ]
    assert row[:2] == ["spring", "mail"]
    assert row[3] == "30"
    assert row[4].startswith("$2.33\n($")
    assert " to $" in row[5]
    assert max(len(tr.find_all("th", scope="col")) for tr in soup.find_all("tr")) <= 8


def test_states_of_few_are_named_without_their_figures(tmp_path: Path) -> None:
    active = [(f"c{number}", date(2024, 2, 25), 5) for number in range(2)]
    dormant = [(f"c{number}", date(2024, 1, 20), 5) for number in range(2, 12)]
    soup = page(shop(tmp_path, SILENT + active + dormant, contacts=mailed("mail", 0, 60)))
    shown = rows(soup, "Responses by the state of the customer at contact")
    figures = {row[2]: row[3:] for row in shown[1:]}
    assert figures["lost"][0] == "48"
    assert set(figures["active"]) == set(figures["dormant"]) == {"–"}
    assert "A dash stands for too few customers to show." in soup.get_text()


def test_quality_shows_what_was_found_and_no_sum_over_other_units(tmp_path: Path) -> None:
    orders = csv(tmp_path / "orders.csv", "ann,2024-01-03,10", "ben,2024-01-05,10")
    text = orders.read_text(encoding="utf-8").splitlines()
    units = ["unit", "Shop", "Shop", "Other"]
    lines = [f"{line},{unit}" for line, unit in zip([*text, text[-1]], units, strict=True)]
    orders.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = Report(opened(tmp_path, source=orders.name, as_of="2024-02-29"))
    with showing() as outputs:
        report.quality(report.unit.quality())
    soup = BeautifulSoup("".join(str(html(output)) for output in outputs), "html.parser")
    told = {row[0]: row[1:3] for row in rows(soup, "Rows read, dropped and counted")}
    assert told["rows of other units"] == ["1", "–"]
    assert told["rows after the query"] == ["3", "–"]
    assert told["rows counted"] == ["2", "€20"]
    folded = soup.find("details")
    assert folded is not None
    assert "dropped: no date" in folded.get_text()
    assert "dropped: no date" not in told


def test_shares_that_name_a_row_are_whole() -> None:
    assert text_of(0.1, "part", Language("en")) == "10%"
