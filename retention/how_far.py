"""How far the query is that an engine of this process is at, for whoever waits for it.

DuckDB alone knows; what a server is asked, and some queries of DuckDB's too, take the time they
take.
"""

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import Any

_engines: "weakref.WeakSet[Any]" = weakref.WeakSet()
_lock = threading.Lock()
_asked: list[object] = []


@contextlib.contextmanager
def asked() -> Iterator[None]:
    """Have the engines that are opened meanwhile tell how far they are."""
    asking = object()
    _asked.append(asking)
    try:
        yield
    finally:
        _asked.remove(asking)


def tells(connection: Any) -> None:
    """Have a connection of DuckDB's tell how far it is, where somebody asks."""
    if not _asked:
        return
    connection.execute("SET enable_progress_bar = true")
    # Without this it would draw a bar of its own.
    connection.execute("SET enable_progress_bar_print = false")
    _engines.add(connection)


def ends(connection: Any) -> None:
    """Ask a connection no more, before it is closed: one that is being closed cannot be asked."""
    with _lock:
        _engines.discard(connection)


def per_cent() -> float | None:
    """How far the query that is under way is, from 0 to 100; None where that is not known.

    Any thread may ask. It begins anew with each query.
    """
    with _lock:
        known = [share for engine in list(_engines) if (share := _share(engine)) >= 0]
    return min(max(known), 100.0) if known else None


def _share(connection: Any) -> float:
    try:
        return float(connection.query_progress())
    except Exception:  # somebody has closed it: whatever is wrong is said where it is used
        return -1.0
