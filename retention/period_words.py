"""How sentences name periods: so many of them, one of them, and when something was."""

DURATIONS: dict[str, tuple[str, str]] = {
    "day": ("{count} day", "{count} days"),
    "week": ("{count} week", "{count} weeks"),
    "month": ("{count} month", "{count} months"),
    "quarter": ("{count} quarter", "{count} quarters"),
    "year": ("{count} year", "{count} years"),
}
EARLIER = {
    "day": "a day earlier",
    "week": "a week earlier",
    "month": "a month earlier",
    "quarter": "a quarter earlier",
    "year": "a year earlier",
}
A_PERIOD = {
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year",
}
# A period in a sentence needs its preposition and article, and these differ with what it is called:
# "en junio", "el 30 de junio", "en la semana 26". So each kind of name is a message of its own.
DURING = {
    "day": "on {day}",
    "week": "in {week}",
    "month": "in {month}",
    "quarter": "in {quarter}",
    "year": "in {year}",
    "week_from": "in the {week_from}",
    "fiscal_month": "in {fiscal_month}",
    "fiscal_year": "in {fiscal_year}",
}
AT_CLOSE = {
    "day": "at the close of {day}",
    "week": "at the close of {week}",
    "month": "at the close of {month}",
    "quarter": "at the close of {quarter}",
    "year": "at the close of {year}",
    "week_from": "at the close of the {week_from}",
    "fiscal_month": "at the close of {fiscal_month}",
    "fiscal_year": "at the close of {fiscal_year}",
}
SINCE = {
    "day": "since {day}",
    "week": "since {week}",
    "month": "since {month}",
    "quarter": "since {quarter}",
    "year": "since {year}",
    "week_from": "since the {week_from}",
    "fiscal_month": "since {fiscal_month}",
    "fiscal_year": "since {fiscal_year}",
}
FISCAL = {
    "month": "period {number} of FY{year} ({span})",
    "quarter": "Q{number} FY{year} ({span})",
    "year": "fiscal year {year} ({span})",
}
FISCAL_SHORT = {
    "month": "P{number} FY{year}",
    "quarter": "Q{number} FY{year}",
    "year": "FY{year}",
}
