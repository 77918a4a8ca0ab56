"""Retention report kit: lifecycle segments, churn, win-back, reactivation and cohorts."""
