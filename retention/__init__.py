"""Retention report kit: lifecycle segments, churn, win-back, reactivation and cohorts."""

from retention.opening import open_unit
from retention.unit import Unit

__all__ = ["Unit", "open_unit"]
