"""Retention report kit: lifecycle segments, churn, win-back, reactivation and cohorts."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retention.opening import open_unit
    from retention.unit import Unit

__all__ = ["Unit", "open_unit"]
_AT = {"Unit": "retention.unit", "open_unit": "retention.opening"}


def __getattr__(name: str) -> object:
    # Engines are imported once they are wanted: a command begins with what need not wait for them.
    if name not in _AT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_AT[name]), name)
