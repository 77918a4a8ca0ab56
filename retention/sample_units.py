"""The business units of the simulated company: the numbers that `sample` draws from."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What sets one simulated business unit apart; lengths of time are days."""

    names: tuple[str, str]  # slug, and the name in the data and on the page
    about: str
    locale: tuple[str, str, str]  # language, currency, time zone
    arrivals: tuple[float, float]  # share of all customers, growth a year
    gap: tuple[float, float, int]  # median of the mean gaps, sigma of their log, k of the process
    life: tuple[float, float]  # scale in days and shape of the Pareto
    pause: tuple[float, float]  # share of customers who pause once, median days
    basket: tuple[float, float]  # median of a line, share of lines refunded
    season: tuple[float, ...]  # January to December
    week: tuple[float, ...]  # Monday to Sunday
    hours: tuple[float, float]
    regions: tuple[str, ...]  # the largest first
    exodus: tuple[dt.date, float] | None = None  # first day, mean days until an extra leaving
    campaigns: tuple[tuple[dt.date, float], ...] = ()  # first day, share of the gone who return
    newsletter: bool = False  # whether people sign up, most of whom never buy


UNITS = (
    Unit(
        names=("grocer_es", "Alimentación España"),
        about="A grocer: a large purchase every two to three weeks, quiet in August.",
        locale=("es", "EUR", "Europe/Madrid"),
        arrivals=(0.32, 0.06),
        gap=(19, 0.2, 6),
        life=(1500, 1.8),
        pause=(0.15, 110),
        basket=(46, 0.006),
        season=(0.97, 0.96, 1.0, 1.02, 1.02, 1.0, 1.0, 0.75, 1.02, 1.03, 1.05, 1.2),
        week=(0.9, 0.85, 0.9, 1.0, 1.3, 1.6, 0.3),
        hours=(8.5, 21),
        regions=("Madrid", "Cataluña", "Andalucía", "Comunidad Valenciana", "País Vasco"),
    ),
    Unit(
        names=("fashion_fr", "Mode France"),
        about="Fashion: a purchase every eight to twelve weeks, sales in January and July.",
        locale=("fr", "EUR", "Europe/Paris"),
        arrivals=(0.27, 0.12),
        gap=(74, 0.25, 1),
        life=(900, 1.6),
        pause=(0.30, 220),
        basket=(74, 0.09),
        season=(1.3, 0.8, 0.9, 0.95, 0.95, 1.0, 1.2, 0.65, 1.0, 1.0, 1.05, 1.4),
        week=(0.7, 0.8, 1.0, 0.9, 1.1, 1.9, 0.6),
        hours=(9.5, 22),
        regions=("Île-de-France", "Auvergne-Rhône-Alpes", "Occitanie", "Bretagne", "Grand Est"),
        exodus=(dt.date(2025, 11, 1), 300),
    ),
    Unit(
        names=("furniture_uk", "Office Furniture UK"),
        about="Office furniture: six to nine months between purchases, on working days.",
        locale=("en", "GBP", "Europe/London"),
        arrivals=(0.14, 0.03),
        gap=(212, 0.2, 3),
        life=(2200, 1.8),
        pause=(0.06, 420),
        basket=(390, 0.03),
        season=(1.1, 1.0, 1.3, 0.95, 0.95, 1.0, 0.9, 0.75, 1.25, 1.1, 1.0, 0.65),
        week=(1.2, 1.2, 1.15, 1.1, 0.95, 0.1, 0.05),
        hours=(8, 18),
        regions=("London", "South East", "Midlands", "North", "Scotland", "Wales"),
    ),
    Unit(
        names=("outlet_us", "Outlet US"),
        about="An outlet retailer: a purchase every five to six weeks, win-back campaigns.",
        locale=("en", "USD", "America/New_York"),
        arrivals=(0.27, 0.05),
        gap=(40, 0.3, 1),
        life=(560, 1.6),
        pause=(0.08, 150),
        basket=(58, 0.06),
        season=(0.85, 0.85, 0.95, 0.95, 1.0, 0.95, 1.0, 1.05, 0.9, 0.95, 1.35, 1.55),
        week=(0.85, 0.85, 0.9, 0.95, 1.15, 1.35, 1.0),
        hours=(7, 22.5),
        regions=("Northeast", "South", "Midwest", "West"),
        campaigns=tuple(
            (dt.date(year, month, 3), 0.15 if year == 2026 else 0.06)
            for year in (2024, 2025, 2026)
            for month in (2, 6, 10)
            if (year, month) < (2026, 7)
        ),
        newsletter=True,
    ),
)
