"""A process that publishes one report after another, for tests that kill it."""

import os
from itertools import count
from pathlib import Path

from retention.reporting import index, manifest, publishing
from retention.reporting.lock import sole_run

PAGE = "<title>{number}</title>" + 2_000 * "<p>{number}</p>" + "<i>{number}</i>"


def files(number: int) -> dict[str, bytes]:
    """A report in which every file tells the same number, the page from its start to its end."""
    record = {"schema": 1, "as_of": "2026-10-31", "unit": "Grocer", "facts": {}, "number": number}
    return {
        publishing.REPORT: PAGE.format(number=number).encode(),
        "data/ledger.csv": f"number\n{number}\n".encode(),
        manifest.NAME: manifest.as_json(record),
    }


def publish_for_ever(out: Path) -> None:
    """Publish the same unit and day until killed, now and then after a failure of it.

    A process that dies loses nothing that it wrote, so the disk need not be waited for.
    """
    os.fsync = lambda _: None
    with sole_run(out):
        for number in count():
            if number % 3 == 2:
                failure = {publishing.FAILURE_PAGE: b"<title>failed</title>"}
                publishing.record_failure(failure, out=out, slug="grocer")
            publishing.publish(files(number), out=out, slug="grocer", as_of="2026-10-31")
            index.write_index(out)


def hold(out: Path, path: Path) -> None:
    """Hold a reports folder until killed; `path` appears once it is held."""
    with sole_run(out):
        path.touch()
        while True:
            path.stat()


def numbers(page: bytes) -> set[bytes]:
    """The numbers that a page tells; a whole page tells one."""
    assert page.startswith(b"<title>")
    assert page.endswith(b"</i>")
    return {piece.partition(b"<")[0] for piece in page.split(b">") if piece[:1].isdigit()}
