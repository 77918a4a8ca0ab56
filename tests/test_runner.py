import contextlib
import csv
import hashlib
import json
from pathlib import Path

import nbformat
import psutil
import pytest
from fault_notebook import HOSTILE, SECRET, notebook, unit, written
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from retention.errors import SettingsRefused
from retention.reporting.bundles import FACTS, FRAME, facts, frames
from retention.reporting.limits import MEGABYTE, Limits
from retention.reporting.notebooks import load_notebook, parameters
from retention.reporting.outcome import Execution, Outcome, StepFailedError, StoppedError, classify
from retention.reporting.runner import Batch, Plan, run
from retention.reporting.statuses import Status

FAULTS = {
    "killed": (Status.KERNEL_DIED, "code cell 4 (under “Does it work?”) ran (killed by signal 9"),
    "exits": (Status.TRUNCATED, "Code cell 4 (under “Does it work?”) ended the notebook"),
    "raises": (Status.NOTEBOOK_ERROR, "ValueError: no such <b>column</b>"),
    "refused": (Status.DATA_REFUSED, "orders.csv: column ordered_at is missing"),
    "broken": (Status.CHECK_FAILED, "active: 10 + 1 - 2 is not 8"),
    "greedy": (Status.KERNEL_DIED, " MB of memory; 500 MB are allowed"),
    "mute": (Status.NOTEBOOK_ERROR, "shows 0 summaries"),
    "reaches": (Status.GATE_FAILED, "<img> refers to http://example.org/x.png"),
    "names": (Status.GATE_FAILED, "a table with the column customer_id"),
    "blurts": (Status.NOTEBOOK_ERROR, "ValueError: cannot open ${KIT_SECRET}/orders.csv"),
    "leaks": (Status.GATE_FAILED, "report.ipynb: the value of the environment variable KIT_SECRET"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kit")


@pytest.fixture(scope="module")
def batch(folder: Path) -> Batch:
    """One run of every fault there is, between two good units, in real kernels."""
    units = [unit(folder, "good"), *(unit(folder, slug) for slug in FAULTS)]
    units.append(unit(folder, "hostile", name=HOSTILE))
    plan = Plan(
        written(folder),
        folder / "reports",
        4,
        Limits(memory_bytes=500 * MEGABYTE),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIT_SECRET", SECRET)
        return run(units, plan)


@pytest.fixture(scope="module")
def reports(batch: Batch, folder: Path) -> Path:
    """Where that run published."""
    assert batch.index == folder / "reports" / "index.html"
    return folder / "reports"


def of(batch: Batch, slug: str) -> Outcome:
    return next(result.outcome for result in batch.results if result.settings.slug == slug)


@pytest.mark.parametrize("slug", FAULTS)
def test_each_fault_has_its_status_and_says_what_happened(batch: Batch, slug: str) -> None:
    status, words = FAULTS[slug]
    assert of(batch, slug).status is status
    assert words in of(batch, slug).message


def test_faults_of_some_units_leave_the_others_published(batch: Batch, reports: Path) -> None:
    assert [r.settings.slug for r in batch.results if r.outcome.status.good] == ["good", "hostile"]
    report = reports / "good" / "2026-10-31" / "report.html"
    assert (reports / "good" / "latest.html").read_bytes() == report.read_bytes()


def test_a_speaking_error_is_shown_without_its_class_or_a_traceback(batch: Batch) -> None:
    assert of(batch, "refused").message == "orders.csv: column ordered_at is missing"


def test_frames_are_published_byte_for_byte(reports: Path) -> None:
    data = reports / "good" / "2026-10-31" / "data" / "ledger.csv"
    assert data.read_bytes() == "period,revenue\n2026-10-01,€ 7\n".encode()
    with data.open(encoding="utf-8") as stream:
        assert list(csv.reader(stream))[1] == ["2026-10-01", "€ 7"]


def test_manifest_tells_settings_facts_versions_and_checksums(reports: Path) -> None:
    report = reports / "good" / "2026-10-31"
    manifest = json.loads((report / "manifest.json").read_bytes())
    assert manifest["settings"]["inactive_after"] == 30
    # The notebook ran in its own folder, and what the kit does not know is kept.
    assert manifest["facts"]["folder"] == "note{books}"
    assert manifest["libraries"]["papermill"] == "2.7.0"
    assert min(manifest["durations"].values()) > 0
    assert sum(manifest["durations"].values()) == pytest.approx(
        manifest["duration_seconds"], abs=0.01
    )
    assert set(manifest["files"]) == {"report.html", "report.ipynb", "data/ledger.csv"}
    for name, file in manifest["files"].items():
        raw = (report / name).read_bytes()
        assert file == {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}


def test_published_files_do_not_tell_the_machines_folders(reports: Path) -> None:
    published = [path for path in (reports / "good").rglob("*") if path.is_file()]
    assert {"report.html", "report.ipynb", "ledger.csv"} <= {path.name for path in published}
    for path in published:
        assert str(reports.parent).encode() not in path.read_bytes(), path


def test_executed_notebook_is_whole_and_was_told_unit_and_day(reports: Path) -> None:
    executed = nbformat.read(reports / "good" / "2026-10-31" / "report.ipynb", as_version=4)
    code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5, 6, 7]
    assert 'unit = "../params/good.yaml"\nas_of = "2026-10-31"' in code[1].source


def test_failed_notebook_ends_where_it_failed(reports: Path) -> None:
    for slug in ("killed", "greedy", "exits"):
        left = nbformat.read(reports / slug / "failure.ipynb", as_version=4)
        after = [cell for cell in left.cells if cell.source.startswith(("read =", "html ="))]
        assert [cell.execution_count for cell in after] == [None, None]
        # papermill would call cells completed that no kernel ever saw.
        assert not any("papermill" in cell.metadata for cell in after)


def test_failure_page_explains_and_escapes(reports: Path) -> None:
    page = (reports / "raises" / "failure.html").read_text(encoding="utf-8")
    assert "no such &lt;b&gt;column&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "Traceback" in page.partition("<details>")[2]
    assert "\x1b" not in page


@pytest.mark.parametrize("slug", ["blurts", "leaks"])
def test_a_secret_of_the_environment_is_written_nowhere(reports: Path, slug: str) -> None:
    written = [path.read_text(encoding="utf-8") for path in (reports / slug).iterdir()]
    assert len(written) == 3
    assert not any(SECRET in text or "hunter2" in text for text in written)
    assert "KIT_SECRET" in written[0]


def test_hostile_names_are_text_on_report_and_index(reports: Path) -> None:
    report = reports / "hostile" / "latest.html"
    for page in (report, reports / "index.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in text


def test_nothing_is_left_behind(reports: Path) -> None:
    started = {"ipykernel_launcher", "retention.reporting.zygote"}
    for child in psutil.Process().children(recursive=True):
        # Servers of other tests may run beside, and what has ended has no command.
        with contextlib.suppress(psutil.NoSuchProcess):
            assert not started & set(child.cmdline())
    assert [path.name for path in reports.iterdir() if path.name[0] == "."] == [".lock"]
    assert not (reports / "good" / "failure.html").exists()
    assert not (reports / "raises" / "latest.html").exists()


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(4, cell_seconds=60), "was at work when the unit's 4 seconds were over."),
        (Limits(60, cell_seconds=4), "was at work for longer than the 4 seconds that one cell may"),
    ],
)
def test_a_unit_and_a_cell_have_their_time(tmp_path: Path, limits: Limits, words: str) -> None:
    plan = Plan(written(tmp_path), tmp_path / "reports", limits=limits)
    outcome = of(run([unit(tmp_path, "endless")], plan), "endless")
    assert outcome.status is Status.TIMED_OUT
    assert words in outcome.message


def test_resume_runs_only_what_is_not_published_with_these_settings(
    folder: Path, reports: Path
) -> None:
    path = folder / "note{books}" / "retention_report.ipynb"
    plan = Plan(path, reports, resume=True)
    same, changed = unit(folder, "good"), unit(folder, "hostile", name="Changed")
    results = run([same, changed, unit(folder, "raises")], plan).results
    statuses = [result.outcome.status for result in results]
    assert statuses == [Status.SKIPPED, Status.PUBLISHED, Status.NOTEBOOK_ERROR]


def cells(*sources: str) -> list[nbformat.NotebookNode]:
    return [new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources, 1)]


def test_classify_needs_an_answer_for_every_code_cell() -> None:
    whole = new_notebook(cells=[*cells("1", "2"), new_code_cell(" "), new_markdown_cell("x")])
    assert classify(Execution(whole, frozenset({"c1", "c2"}))).status is Status.PUBLISHED
    # A cell that was begun has a number already: only the answer proves that it ran.
    whole.cells[1].execution_count = 2
    outcome = classify(Execution(whole, frozenset({"c1"})))
    assert (outcome.status, outcome.cell) == (Status.TRUNCATED, 2)


def test_classify_puts_the_end_of_the_kernel_before_errors_it_left() -> None:
    error = new_output("error", ename="ValueError", evalue="x", traceback=[])
    node = new_notebook(cells=cells("1", "2"))
    node.cells[0].outputs = [error]
    assert classify(Execution(node)).status is Status.NOTEBOOK_ERROR
    assert classify(Execution(node, error=DeadKernelError())).status is Status.KERNEL_DIED
    assert classify(Execution(node, error=TimeoutError())).status is Status.TIMED_OUT
    assert classify(Execution(node, error=StoppedError())).status is Status.INTERRUPTED
    step = StepFailedError(Status.GATE_FAILED, "no title")
    assert classify(Execution(node, error=step)) == Outcome(Status.GATE_FAILED, "no title")


def test_classify_has_a_status_for_what_nobody_thought_of() -> None:
    node = new_notebook(cells=cells("1"))
    outcome = classify(Execution(node, error=KeyError("kernelspec")))
    assert outcome.status is Status.NOTEBOOK_ERROR
    assert "KeyError: 'kernelspec'" in outcome.message


def showing(*bundles: tuple[str, object]) -> nbformat.NotebookNode:
    outputs = [new_output("display_data", data={mime: data}) for mime, data in bundles]
    return new_notebook(cells=[new_code_cell("show()", outputs=outputs)])


GOOD_FACTS = {
    "unit": "Grocer",
    "as_of": "2026-10-31",
    "language": "en",
    "period_label": "October 2026",
    "headline": "Well.",
    "identities": "held",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"as_of": "../../etc"}, "as_of is '../../etc'"),
        ({"as_of": None}, "as_of is None"),
        ({"headline": None, "unit": 3}, "without unit, headline"),
        ({"identities": "broken"}, "identities of the ledger: broken"),
    ],
)
def test_facts_that_cannot_be_published_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(StepFailedError, match=words.replace(".", r"\.")):
        facts(showing((FACTS, GOOD_FACTS | change)))


def test_facts_are_shown_exactly_once() -> None:
    assert facts(showing((FACTS, GOOD_FACTS))) == GOOD_FACTS
    with pytest.raises(StepFailedError, match="shows 2 summaries"):
        facts(showing((FACTS, GOOD_FACTS), (FACTS, GOOD_FACTS)))


def test_frames_have_plain_names_and_one_content() -> None:
    ledger = {"name": "ledger", "csv": "a\n1\n"}
    assert frames(showing((FRAME, ledger), (FRAME, ledger))) == {"ledger": "a\n1\n"}
    with pytest.raises(StepFailedError, match="two different frames named ledger"):
        frames(showing((FRAME, ledger), (FRAME, ledger | {"csv": "a\n2\n"})))
    with pytest.raises(StepFailedError, match=r"'\.\./\.\./index'"):
        frames(showing((FRAME, {"name": "../../index", "csv": ""})))


def test_notebook_without_a_parameter_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    node = notebook()
    node.cells[1].source = "units: str = None  # = as in the file\nas_of = None  # = last"
    path = written(tmp_path, node)
    with pytest.raises(SettingsRefused) as refusal:
        load_notebook(path)
    assert refusal.value.problems == [
        f"{path}: its `parameters` cell has no unit; did you mean units?"
    ]


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    node = notebook()
    node.cells[1].metadata = {}
    with pytest.raises(SettingsRefused, match="0 cells tagged `parameters`"):
        load_notebook(written(tmp_path, node))
    with pytest.raises(SettingsRefused, match="no notebook here"):
        load_notebook(tmp_path / "none.ipynb")
    (tmp_path / "text.ipynb").write_text("hello")
    with pytest.raises(SettingsRefused, match="is not a notebook"):
        load_notebook(tmp_path / "text.ipynb")


def test_refused_notebook_leaves_nothing_written(tmp_path: Path) -> None:
    plan = Plan(tmp_path / "none.ipynb", tmp_path / "reports")
    with pytest.raises(SettingsRefused):
        run([unit(tmp_path, "good")], plan)
    assert not (tmp_path / "reports").exists()


def test_only_text_is_passed_to_the_notebook(tmp_path: Path) -> None:
    passed = parameters(unit(tmp_path, "good"), folder=tmp_path / "notebooks")
    assert passed == {"unit": "../params/good.yaml", "as_of": "2026-10-31"}
    assert {type(value) for value in passed.values()} == {str}
