"""Units of one batch on several Sparks: a process has one, and both units are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention.errors import SettingsRefused
from retention.reporting import preflight


def written(folder: Path, slug: str, source: str, **keys: str) -> None:
    keys = {"unit": slug.title(), "source": source, **keys}
    (folder / f"{slug}.yaml").write_text("".join(f"{key}: {keys[key]}\n" for key in keys))


def test_two_sparks_in_a_batch_are_refused_by_the_names_of_both_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "b:7077")
    written(tmp_path, "files", "orders.csv")
    written(tmp_path, "market", "spark://a:7077?spark.executor.memory=4g", table="x")
    written(tmp_path, "other", "spark://${OTHER}", table="x")
    written(tmp_path, "same", "pyspark://?spark.master=spark://a:7077", table="x")
    written(tmp_path, "third", "orders.csv", contacts="spark://c:7077#x")
    written(tmp_path, "wherever", "pyspark://", table="x")
    opened: list[str] = []
    monkeypatch.setattr(preflight, "_opened", lambda settings, *_: opened.append(settings.slug))
    with pytest.raises(SettingsRefused) as refused:
        preflight.preflight([], params=tmp_path)
    assert refused.value.problems == [
        f"{slug}.yaml: source {source}: a process has one Spark, and market.yaml is on another; "
        f"run the units of each Spark by themselves, as in `retention run {slug}`"
        for slug, source in (("other", "spark://${OTHER}"), ("third", "spark://c:7077#x"))
    ]
    assert opened == ["files", "market", "same", "wherever"]


def test_a_unit_on_two_sparks_is_told_so_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "both", "spark://a:7077", table="x", contacts="spark://b:7077#x")
    opened: list[str] = []
    monkeypatch.setattr(preflight, "_opened", lambda settings, *_: opened.append(settings.slug))
    assert preflight.preflight([], params=tmp_path)
    assert opened == ["both"]
