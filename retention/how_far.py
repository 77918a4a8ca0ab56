"""How far the query is that an engine of this process is at, for whoever waits for it.

DuckDB alone knows; what a server is asked, and some queries of DuckDB's too, take the time they
take.
"""

import threading
import weakref
from typing import Any

_engines: "weakref.WeakSet[Any]" = weakref.WeakSet()
_lock = threading.Lock()
_asking: set[object] = set()


def ask(who: object) -> None:
    """Have the engines that are opened from now on tell how far they are, until `ask_no_more`."""
    _asking.add(who)


def ask_no_more(who: object) -> None:
    """Take back what `who` has asked; nothing where it has not."""
    _asking.discard(who)


def tells(connection: Any) -> None:
    """Have a connection of DuckDB's tell how far it is, where somebody asks."""
    if not _asking:
        return
    connection.execute("SET enable_progress_bar = true")
    # Without this it would draw a bar of its own.
    connection.execute("SET enable_progress_bar_print = false")
    with _lock:
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
