"""The recipes of docs/scheduling.md: the same notebook under schedulers of others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Self

import jinja2
import nbformat
import papermill
import pytest

from retention import open_unit
from retention.reporting import bundles
from retention.reporting.notebooks import kit_notebook
from retention.sample import write_company

PAGE = Path(__file__).parents[1].joinpath("docs", "scheduling.md").read_text(encoding="utf-8")
SCHEDULED = """
import sys
from jupyter_scheduler.executors import DefaultExecutionManager
from jupyter_scheduler.orm import Job, create_session, create_tables
notebook, database, *parameters = sys.argv[1:]
given = dict(parameter.split("=", 1) for parameter in parameters)
create_tables(database)
with create_session(database)() as session:
    job = Job(runtime_environment_name="", input_filename="report.ipynb", name="report",
              output_formats=["ipynb"], parameters=given)
    session.add(job)
    session.commit()
    name = job.job_id
paths = {"input": notebook, "ipynb": notebook + ".done"}
DefaultExecutionManager(name, "", database, paths).process()
with create_session(database)() as session:
    job = session.query(Job).one()
    print(job.status, job.status_message)
"""
"""What the server of Jupyter Scheduler does with a job, in a process of its own as it does."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with the sample company, whose notebook ends with its first screen."""
    folder = tmp_path_factory.mktemp("kit")
    write_company(folder, customers=1500)
    notebook = nbformat.read(kit_notebook(), as_version=4)
    shown = next(n for n, cell in enumerate(notebook.cells) if "report.summary(" in cell.source)
    notebook.cells = notebook.cells[: shown + 1]
    (folder / "notebooks").mkdir()
    nbformat.write(notebook, folder / "notebooks" / "retention_report.ipynb")
    return folder


def facts(path: Path) -> dict[str, Any]:
    return bundles.facts(nbformat.read(path, as_version=4))


def test_papermill_runs_the_notebook_from_the_folder_of_the_kit(kit: Path) -> None:
    (line,) = re.findall(r"^papermill (?!--).*$", PAGE, re.MULTILINE)
    command = [sys.executable, "-m", *line.split(), "-p", "as_of", ""]
    subprocess.run(command, cwd=kit, check=True, capture_output=True)
    found = facts(kit / "grocer_es.ipynb")
    assert found["thresholds"]["inactive_after"] == 30
    # The empty one is as in the file, which leaves it to the data.
    assert found["as_of"] == open_unit(str(kit / "params" / "grocer_es.yaml")).as_of.isoformat()


def scheduled(kit: Path, folder: Path, **typed: str) -> tuple[str, Path]:
    """What Jupyter Scheduler says of a job with the parameters typed, and the notebook it left."""
    staged = folder / "staged.ipynb"
    shutil.copyfile(kit / "notebooks" / "retention_report.ipynb", staged)
    given = [f"{name}={text}" for name, text in typed.items()]
    database = f"sqlite:///{folder / 'jobs.sqlite'}"
    done = subprocess.run(
        [sys.executable, "-c", SCHEDULED, str(staged), database, *given],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout, Path(f"{staged}.done")


def test_jupyter_scheduler_takes_parameters_as_they_are_typed(kit: Path, tmp_path: Path) -> None:
    path = str(kit / "params" / "grocer_es.yaml")
    typed = {"unit": f'"{path}"', "lost_after": '"90"', "as_of": '"2026-08-31"'}
    said, notebook = scheduled(kit, tmp_path, **typed, frequency="None", language='""')
    assert said.startswith("COMPLETED"), said
    found = facts(notebook)
    assert (found["thresholds"]["lost_after"], found["as_of"]) == (90, "2026-08-31")
    assert found["language"] == "es"


class Operator:
    """Stands for PapermillOperator: keeps what it was given."""

    tasks: ClassVar[list[Self]] = []

    def __init__(
        self, *, task_id: str, input_nb: str, output_nb: str, parameters: dict[str, str]
    ) -> None:
        self.name, self.given = task_id, (input_nb, output_nb, parameters)
        self.tasks.append(self)

    def execute(self, **context: str) -> Path:
        """Render what Airflow renders and call what the operator calls."""
        source, target, parameters = self.given
        papermill.execute_notebook(
            jinja2.Template(source).render(context),
            written := jinja2.Template(target).render(context),
            parameters={k: jinja2.Template(v).render(context) for k, v in parameters.items()},
            progress_bar=False,
            report_mode=True,
            log_output=False,
            kernel_name=None,
            language=None,
            engine_name=None,
        )
        return Path(written)


class Dag:
    """Stands for airflow.sdk.DAG."""

    def __init__(self, name: str, **schedule: object) -> None:
        self.name, self.schedule = name, schedule

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, members in {
        "airflow": {},
        "airflow.sdk": {"DAG": Dag},
        "airflow.providers": {},
        "airflow.providers.papermill": {},
        "airflow.providers.papermill.operators": {},
        "airflow.providers.papermill.operators.papermill": {"PapermillOperator": Operator},
    }.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    yield
    Operator.tasks.clear()


@pytest.mark.usefixtures("airflow")
def test_what_the_operator_of_airflow_does_gives_a_report(kit: Path) -> None:
    (dag,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(dag.replace("/srv/retention", str(kit)), {})
    (kit / "executed").mkdir()
    assert [task.name for task in Operator.tasks] == ["grocer_es", "fashion_fr"]
    written = Operator.tasks[1].execute(ds_nodash="20261125")
    assert written == kit / "executed" / "fashion_fr_20261125.ipynb"
    assert facts(written)["unit"] == "Mode France"
