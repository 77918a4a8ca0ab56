"""Who may read the file of an audience, where it may lie, and its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from audience_calls import called, ids, record, refusal, report
from orders import settings_file

from retention.errors import SettingsRefused
from retention.reporting import private_files

# Who may read it, and where it lies ---------------------------------------------------------------


@contextmanager
def mask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("value", [0o000, 0o022, 0o777])
def test_both_files_are_for_the_owner_alone(value: int) -> None:
    with mask(value):
        assert called().exit_code == 0
    modes = [stat.S_IMODE(path.stat().st_mode) for path in Path("audiences").iterdir()]
    assert modes == [0o600, 0o600]


@pytest.mark.usefixtures("kit")
def test_it_is_for_the_owner_alone_before_the_first_byte(tmp_path: Path) -> None:
    seen = []

    def chunks() -> Iterator[bytes]:
        [place] = (tmp_path / "audiences").iterdir()
        seen.append((stat.S_IMODE(place.stat().st_mode), place.stat().st_size))
        yield b"ann"

    with mask(0), private_files.staged(tmp_path / "audiences" / "a.csv", chunks()) as staged:
        staged.put(force=False)
    assert seen == [(0o600, 0)]


def test_what_fails_half_way_leaves_nothing(kit: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"customer_id\n"
        raise OSError(28, "No space left on device")

    place = private_files.staged(kit / "audiences" / "a.csv", chunks())
    with pytest.raises(OSError, match="No space left"), place:
        pass
    assert list((kit / "audiences").iterdir()) == []


@pytest.mark.usefixtures("kit")
def test_a_file_that_is_there_is_kept() -> None:
    Path("audiences/a.csv").write_text("mine")
    assert refusal("one-time-buyers") == [
        "audiences/a.csv: exists; name another file, or overwrite it with --force"
    ]
    assert Path("audiences/a.csv").read_text() == "mine"
    assert called("one-time-buyers", "--force").exit_code == 0
    assert ids() == ["ben", "cid", "eve", "fay"]
    assert stat.S_IMODE(Path("audiences/a.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_meanwhile_is_kept(
    kit: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = kit / "audiences" / "a.csv"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    with private_files.staged(target, [b"ours"]) as staged:
        target.write_text("theirs")
        with pytest.raises(SettingsRefused, match="exists"):
            staged.put(force=False)
    assert target.read_text() == "theirs"
    target.unlink()
    with private_files.staged(target, [b"ours"]) as staged:
        staged.put(force=False)
    assert target.read_text() == "ours"
    assert len(list(target.parent.iterdir())) == 1


def no_links(_path: Path, _target: Path) -> None:
    raise OSError(95, "Operation not supported")


@pytest.mark.parametrize(
    "made",
    [
        lambda: Path("reports").mkdir(),
        lambda: (Path("reports").mkdir(), Path("reports/shop").mkdir()),
        lambda: report("shop", "2024-03-20"),
    ],
)
@pytest.mark.usefixtures("kit")
def test_it_is_refused_under_reports(made: Callable[[], object]) -> None:
    made()
    folders = [path for path in Path("reports").rglob("*") if path.is_dir()]
    for folder in [Path("reports"), *folders]:
        [said] = refusal("one-time-buyers", out=f"{folder}/a.csv")
        assert said.startswith(f"--out {folder}/a.csv: lies among reports")
    Path("elsewhere").symlink_to(folder)
    [said] = refusal("one-time-buyers", out="elsewhere/a.csv")
    assert said.startswith("--out elsewhere/a.csv: lies among reports")
    assert not list(Path("reports").rglob("*.csv"))


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("mark", ["index.html", "latest.html", "manifest.json"])
def test_folders_that_look_like_reports_are_none_for_customers(mark: str) -> None:
    Path("published/deeper/runs").mkdir(parents=True)
    Path("published/runs").mkdir()
    Path("published", mark).write_text('{"schema": 1, "slug": "shop", "as_of": "2024-03-31"}')
    for folder in ("published", "published/deeper"):
        [said] = refusal("one-time-buyers", out=f"{folder}/a.csv")
        assert "lies among reports (published)" in said


@pytest.mark.usefixtures("kit")
def test_a_folder_with_an_index_of_its_own_is_no_report() -> None:
    for name in ("index.html", "manifest.json"):
        Path("audiences", name).write_text("{}")
    assert called().exit_code == 0


@pytest.mark.usefixtures("kit")
def test_a_folder_that_is_not_there_is_not_made() -> None:
    [said] = refusal("one-time-buyers", out="audience/a.csv")
    assert said == "--out audience/a.csv: there is no folder audience; make it first"
    Path("audiences/a.csv").mkdir()
    assert refusal("one-time-buyers", "--force") == [
        "--out audiences/a.csv: is a folder; name a file in it"
    ]


# The manifest -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kit")
def test_the_manifest_says_who_when_and_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "maria")
    called("about-to-lapse", "--within", "19", "--where", "purchase_days > 1")
    found, body = record(), Path("audiences/a.csv").read_bytes()
    assert found["file"] == {
        "name": "a.csv",
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
    }
    expected = {
        "unit": "Shop",
        "audience": "about-to-lapse",
        "as_of": "2024-03-31",
        "since": None,
        "within_days": 19,
        "where": "purchase_days > 1",
        "customers": 1,
        "arms": {"treated": 1, "control": 0},
        "seed": None,
        "campaign": "shop-about-to-lapse-2024-03-31",
        "contacted_on": "2024-04-01",
        "written_by": "maria",
        "thresholds": [30, 60],
    }
    assert {key: found[key] for key in expected} == expected
    assert found["written_at"][:4].isdigit()
    assert found["kit"]
    assert not any(name in json.dumps(found) for name in ("ann", "dan"))


@pytest.mark.usefixtures("kit")
def test_other_settings_are_another_fingerprint(tmp_path: Path) -> None:
    called()
    before = record()
    settings_file(tmp_path / "params", "orders.csv", lost_after=61, as_of="2024-03-31")
    called("one-time-buyers", "--force")
    assert record()["settings_sha256"] != before["settings_sha256"]
    assert record()["data"] == before["data"]


def test_who_has_no_name_has_a_number(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert called(out=str(kit / "audiences" / "a.csv")).exit_code == 0
    assert record()["written_by"] == f"user {os.getuid()}"
