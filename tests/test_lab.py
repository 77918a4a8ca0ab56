"""The notebook in JupyterLab, worked by a browser as an analyst works it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from browsers import CHROMIUM, PATIENCE, browser
from playwright.sync_api import Locator, Page, expect

from retention import open_unit
from retention.language import Language
from retention.rates import CHURN
from retention.reporting.notebooks import WINBACK as WINBACK_NAME
from retention.reporting.notebooks import kit_notebook
from retention.sample import write_company
from retention.words import name_of

REPORT, WINBACK = kit_notebook(), kit_notebook(WINBACK_NAME)
SPANISH = Language("es")
TOKEN = "only-for-this-test"

FINISHED = """past => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
    const counts = prompts.map(prompt => Number(prompt.textContent.replace(/^\\[(.+)\\]:$/, "$1")));
    return counts.length > 0 && counts.every(count => count > past);
}"""
"""Whether every code cell has run since `past` cells had run; NaN, of a running cell, is not."""

DRAWN = """fewest => {
    const images = [...document.querySelectorAll("figure img")];
    return images.length >= fewest && images.every(image => image.naturalWidth > 0);
}"""
"""Whether there are so many figures and each is drawn, which is a moment after its cell has run."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@dataclass(frozen=True)
class Lab:
    """A page of JupyterLab with the notebook open, and the folder that it works on."""

    kit: Path
    page: Page
    port: int

    def open(self, notebook: Path) -> None:
        """Open a notebook by itself, and wait for its kernel."""
        path = f"doc/tree/notebooks/{notebook.name}"
        self.page.goto(f"http://127.0.0.1:{self.port}/{path}?token={TOKEN}")
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    @property
    def errors(self) -> Locator:
        """What a cell that fails, or that warns, puts below itself."""
        return self.page.locator('.jp-OutputArea [data-mime-type="application/vnd.jupyter.stderr"]')

    def drawn(self, fewest: int) -> None:
        """Wait until so many figures are there, and each is drawn."""
        self.page.wait_for_function(DRAWN, arg=fewest)

    def run_all(self) -> None:
        """Choose Run > Run All Cells."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def finished(self, *, past: int = 0) -> None:
        """Wait until every cell has run since `past` cells had run."""
        self.page.wait_for_function(FINISHED, arg=past)

    def set(self, parameter: str, value: object) -> None:
        """Type a value into the parameters cell."""
        name = re.compile(rf"^{parameter}: int = ")
        self.page.locator(".cm-line").filter(has_text=name).click()
        self.page.keyboard.press("Home")
        self.page.keyboard.press("Shift+End")
        self.page.keyboard.insert_text(f"{parameter}: int = {value}")

    def churn(self) -> str:
        """The churn rate on its tile."""
        label = re.compile(f"^{re.escape(name_of(CHURN, SPANISH))}$", re.IGNORECASE)
        tile = self.page.locator(".tile").filter(has=self.page.get_by_text(label))
        value = tile.locator(".tile-value")
        value.scroll_into_view_if_needed()
        expect(value).to_be_in_viewport(timeout=PATIENCE * 1000)
        return value.text_content() or ""

    def expected_churn(self, **overrides: object) -> str:
        """The churn rate that the package computes."""
        rates = open_unit(str(self.kit / "params" / "grocer_es.yaml"), **overrides).rates()
        return SPANISH.percent(rates.loc[rates["measure"] == CHURN, "rate"].iloc[-1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    kit = root / "kit"
    write_company(kit, customers=800)
    (kit / "notebooks").mkdir()
    for notebook in (REPORT, WINBACK):
        shutil.copy(notebook, kit / "notebooks")
    with served(root) as port, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE * 1000)
        yield Lab(kit, page, port)


class served:  # noqa: N801 (a context manager reads like a function)
    """The port of JupyterLab, without anybody's own settings; it and its kernels end then."""

    def __init__(self, root: Path) -> None:
        folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        environment = os.environ | {name: str(root / name.lower()) for name in folders}
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
            *(f"--ServerApp.root_dir={root / 'kit'}", f"--IdentityProvider.token={TOKEN}"),
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        self.log, self.runtime = root / "jupyterlab.log", root / "jupyter_runtime_dir"
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                command, cwd=root, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def __enter__(self) -> int:
        end = time.monotonic() + PATIENCE
        while not (port := self.port()) or not answers(port):
            if self.server.poll() is not None or time.monotonic() > end:
                self.__exit__()
                pytest.fail(f"JupyterLab does not answer:\n{self.log.read_text()}")
            time.sleep(0.2)
        return port

    def port(self) -> int:
        """The port that it took, 0 until it has told it to the end."""
        told = self.runtime / f"jpserver-{self.server.pid}.json"
        with contextlib.suppress(OSError, ValueError):
            return int(json.loads(told.read_bytes())["port"])
        return 0

    def __exit__(self, *_: object) -> None:
        if self.server.poll() is None:
            kernels = psutil.Process(self.server.pid).children(recursive=True)
            self.server.terminate()
            _, deaf = psutil.wait_procs([psutil.Process(self.server.pid), *kernels], timeout=20)
            for process in deaf:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self.server.wait()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/api?token={TOKEN}")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_run_all_draws_every_figure_and_an_edited_parameter_changes_them(lab: Lab) -> None:
    lab.open(REPORT)
    lab.run_all()
    lab.finished()
    assert lab.errors.all_text_contents() == []
    expect(lab.page.locator(".tile")).to_have_count(6, timeout=PATIENCE * 1000)
    lab.drawn(8)
    first = lab.churn()
    assert first == lab.expected_churn()

    cells = lab.page.locator(".jp-CodeCell").count()
    lab.set("inactive_after", 20)
    lab.run_all()
    lab.finished(past=cells)
    assert lab.errors.all_text_contents() == []
    assert lab.churn() == lab.expected_churn(inactive_after=20)
    assert lab.churn() != first

    # What has no errors to find would find none in the runs above either.
    lab.set("inactive_after", 0)
    lab.run_all()
    lab.errors.first.wait_for(state="attached")
    assert "inactive_after" in lab.errors.first.text_content()


def test_run_all_draws_every_figure_of_the_win_back_notebook(lab: Lab) -> None:
    lab.open(WINBACK)
    lab.run_all()
    lab.finished()
    assert lab.errors.all_text_contents() == []
    lab.drawn(4)
