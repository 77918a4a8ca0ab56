"""Reports and failures of units, put in their place whole or not at all."""

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attempts import AT, SOURCE, attempt, fail, files, links, tree
from fault_notebook import HOSTILE, unit

from retention.params import Settings
from retention.reporting import index, manifest
from retention.reporting.delivery import deliver, reasons_to_run, skipped
from retention.reporting.outcome import Outcome
from retention.reporting.publishing import clear, newest_manifest, publish, record_failure
from retention.reporting.statuses import Status


@contextlib.contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file can grow beyond the limit: the system refuses the write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_report_lies_under_its_unit_and_day(tmp_path: Path) -> None:
    page = publish(files(), out=tmp_path, slug="grocer", as_of="2026-10-31")
    assert page == tmp_path / "grocer" / "2026-10-31" / "report.html"
    assert sorted(tree(tmp_path)) == [
        "grocer/2026-10-31/data/ledger.csv",
        "grocer/2026-10-31/manifest.json",
        "grocer/2026-10-31/report.html",
        "grocer/latest.html",
    ]
    assert not (tmp_path / ".staging").exists()


def test_a_report_of_the_same_day_is_replaced_as_a_whole(tmp_path: Path) -> None:
    old = files("old") | {"data/retired.csv": b""}
    publish(old, out=tmp_path, slug="grocer", as_of="2026-10-31")
    publish(files("new"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    left = tree(tmp_path / "grocer")
    assert left["latest.html"] == left["2026-10-31/report.html"] == b"new"
    assert "2026-10-31/data/retired.csv" not in left
    assert [path.name for path in tmp_path.iterdir()] == ["grocer"]


def test_latest_is_the_newest_day_and_not_the_newest_run(tmp_path: Path) -> None:
    publish(files("october"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    publish(files("back then"), out=tmp_path, slug="grocer", as_of="2025-10-31")
    assert (tmp_path / "grocer" / "latest.html").read_bytes() == b"october"


def test_a_full_disk_leaves_the_last_good_report_untouched(tmp_path: Path) -> None:
    publish(files("old"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    before = tree(tmp_path)
    for as_of in ("2026-10-31", "2026-11-30"):
        with full_disk(1000), pytest.raises(OSError, match="File too large"):
            publish(files("x" * 5000), out=tmp_path, slug="grocer", as_of=as_of)
    assert tree(tmp_path) == before
    assert not (tmp_path / ".staging").exists()


def test_a_disk_that_refuses_is_a_status_of_the_unit(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    good = attempt(page="x" * 40_000, as_of="2026-10-31")
    with full_disk(35_000):
        result = deliver(grocer, good, out=tmp_path / "reports", notebook=SOURCE)
    assert result.outcome.status is Status.PUBLISH_FAILED
    assert "File too large" in result.outcome.message
    assert result.page == tmp_path / "reports" / "grocer" / "failure.html"
    assert "Look at space and permissions" in result.page.read_text(encoding="utf-8")
    with full_disk(100):
        again = deliver(grocer, good, out=tmp_path / "reports", notebook=SOURCE)
    assert again.page is None
    assert "Nor could its failure page be written" in again.outcome.message


def test_a_failure_keeps_the_last_good_report_and_success_removes_its_traces(
    tmp_path: Path,
) -> None:
    grocer = unit(tmp_path, "grocer")
    out = tmp_path / "reports"
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    good = tree(out)
    fail(grocer, out)
    failed = tree(out)
    new = {f"grocer/failure.{kind}" for kind in ("html", "ipynb", "json")}
    assert set(failed) - set(good) == new
    untouched = set(good) - {"grocer/latest.html"}
    assert {name: failed[name] for name in untouched} == {name: good[name] for name in untouched}
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    # The index that is still there leads to the page; it goes after the next.
    assert set(tree(out)) - set(good) == new - {"grocer/failure.json"}
    clear(out)
    assert set(tree(out)) == set(good)


def test_a_failure_page_leads_to_what_is_there(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer", name=HOSTILE)
    out = tmp_path / "reports"
    page = fail(grocer, out, message=HOSTILE).page
    assert page
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<b>" not in html
    assert "There is no earlier report" in html
    publish(files(), out=out, slug="grocer", as_of="2026-10-31")
    page = fail(grocer, out).page
    index.write_index(out)
    assert page
    assert "latest.html" in links(page)


def test_a_failure_counts_from_the_first_of_its_row(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    fail(grocer, tmp_path, at=AT)
    fail(grocer, tmp_path, at=AT.replace(day=3))
    record = manifest.read(tmp_path / "grocer" / "failure.json")
    assert record
    assert (record["since"][:10], record["at"][:10]) == ("2026-11-02", "2026-11-03")


def test_what_was_interrupted_leaves_no_trace(tmp_path: Path) -> None:
    stopped = attempt(Outcome(Status.INTERRUPTED), as_of="2026-10-31")
    deliver(unit(tmp_path, "grocer"), stopped, out=tmp_path / "reports", notebook=SOURCE)
    assert not (tmp_path / "reports").exists()


def test_files_of_an_earlier_failure_go_with_the_next(tmp_path: Path) -> None:
    record_failure({"failure.html": b"1", "failure.ipynb": b"1"}, out=tmp_path, slug="grocer")
    record_failure({"failure.html": b"2"}, out=tmp_path, slug="grocer")
    assert tree(tmp_path) == {"grocer/failure.html": b"2"}


def test_half_a_report_is_none(tmp_path: Path) -> None:
    publish(files("old"), out=tmp_path, slug="grocer", as_of="2026-10-31")
    torn = tmp_path / "grocer" / "2026-11-30"
    torn.mkdir()
    (torn / "report.html").write_text("torn")
    found = newest_manifest(tmp_path / "grocer")
    assert found
    assert found["as_of"] == "2026-10-31"


def test_a_unit_is_current_with_equal_settings_notebook_versions_and_data(tmp_path: Path) -> None:
    grocer = unit(tmp_path, "grocer")
    out = tmp_path / "reports"

    def reasons(settings: Settings = grocer, **change: Any) -> list[str]:
        return reasons_to_run(settings, **({"out": out, "notebook": SOURCE} | change))

    assert reasons() == ["it has no report yet"]
    deliver(grocer, attempt(as_of="2026-10-31"), out=out, notebook=SOURCE)
    assert reasons() == []
    done = skipped(grocer, out=out, data_seen=False)
    assert done.page == out / "grocer" / "2026-10-31" / "report.html"
    assert done.outcome.message.endswith("report of 2026-10-31 (the data were not looked at).")
    shorter = grocer.model_copy(update={"inactive_after": 31, "as_of": None})
    assert reasons(shorter) == [
        "as_of is 'None' and was '2026-10-31'",
        "inactive_after is 31 and was 30",
    ]
    assert reasons(notebook=SOURCE | {"sha256": "1"}) == ["the notebook is another"]
    assert reasons(fingerprint="3-0f") == []
    assert reasons(fingerprint="3-1f") == ["the data are others"]
    assert reasons(fingerprint=None) == ["its engine cannot tell whether the data are the same"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "kit_version", lambda: "9.9")
        patch.setattr(manifest, "DEFINITIONS_VERSION", "99")
        assert [reason.partition(" and was ")[0] for reason in reasons()] == [
            "the version of the kit is 9.9",
            "the version of the definitions is 99",
        ]
        patch.setattr(manifest, "SCHEMA", 0)
        assert reasons() == ["the report is of another version of this program"]
    fail(grocer, out)
    assert reasons() == ["its newest attempt failed: No."]


def test_git_state_is_the_commit_and_whether_anything_differs(tmp_path: Path) -> None:
    manifest.git_state.cache_clear()
    assert manifest.git_state(tmp_path / "nowhere") is None
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    clean = manifest.git_state(tmp_path)
    assert clean
    assert (len(clean["commit"]), clean["dirty"]) == (40, False)
    (tmp_path / "grocer.yaml").write_text("unit: x")
    manifest.git_state.cache_clear()
    assert manifest.git_state(tmp_path) == clean | {"dirty": True}
