"""The real notebook on a unit with three rows, whose every name is hostile."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from fault_notebook import HOSTILE
from test_cli import called
from whole import assert_whole

NAME = f"../..//etc/passwd {HOSTILE} {{{{ 7 * 7 }}}} \u202e ' OR 1=1; --"


def test_a_unit_with_three_rows_and_hostile_names_has_a_whole_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    data = tmp_path / "params" / "or'ders; <b> 100 %.csv"
    ids = [f'"{HOSTILE.replace(chr(34), chr(34) * 2)} {number}"' for number in range(3)]
    rows = [f"{ids[n]},2026-0{n + 1}-15,10" for n in range(3)]
    data.write_text("\n".join(["customer_id,ordered_at,amount", *rows, ""]), encoding="utf-8")
    given = {"unit": NAME, "source": data.name, "as_of": "2026-06-30"}
    given |= {"inactive_after": 30, "lost_after": 60}
    (tmp_path / "params" / "three.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    result = called("run")
    assert result.exit_code == 0, result.stderr
    assert_whole(tmp_path / "reports")
    page = (tmp_path / "reports" / "three" / "latest.html").read_text("utf-8")
    assert "<script" not in page
    title = BeautifulSoup(page, "html.parser").h1
    assert title
    assert HOSTILE in title.get_text()
    assert {path.name for path in tmp_path.iterdir()} == {"params", "reports"}
