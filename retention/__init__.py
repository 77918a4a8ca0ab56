"""Retention report kit: lifecycle segments, churn, win-back, reactivation and cohorts."""

from retention.unit import Unit, open_unit

__all__ = ["Unit", "open_unit"]
