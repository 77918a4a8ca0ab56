"""Which files of tests go to one worker of pytest-xdist, and which begin first.

By file, so that what the tests of a file share is set up once. Not by the mark xdist_group, which
pytest-xdist 3.8 does not see any longer from pytest 9.2 on.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    # One worker starts the servers.
    (
        "test_engines",
        "test_databases",
        "test_connections",
        "test_dropped_connections",
        "test_optional_databases",
    ),
    ("test_killed_runs",),
    # One worker writes the statements of the worlds.
    ("test_laws", "test_prospect_laws", "test_contract_laws"),
    # One worker runs the company.
    ("test_pages", "test_locales"),
    ("test_real_data",),
    ("test_agreement",),
    ("test_forty_units",),
    ("test_restated_runs",),
    ("test_runner",),
)
"""Files that stay together, and files that take so long that a worker which began one late would
still be at it when the others are done."""

_PLACES = {name: place for place, names in enumerate(LONGEST_FIRST) for name in names}


def place(node_id: str) -> int:
    """Where the file of a test stands among those that begin first."""
    return _PLACES.get(PurePosixPath(node_id.split("::")[0]).stem, len(LONGEST_FIRST))


class ByFile(LoadScopeScheduling):
    """Gives a worker files, in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        found = place(nodeid)
        return str(found) if found < len(LONGEST_FIRST) else nodeid.split("::")[0]
