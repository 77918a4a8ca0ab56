"""What a reader must know before the first figure: banners above the headline of a report."""

import pandas as pd

from retention.headings import COLUMNS, heading_of
from retention.language import Language
from retention.numerals import ABSENT
from retention.reporting.comparison import Comparison
from retention.reporting.export import NOTE, Banner, Table
from retention.reporting.pages import moment

# Columns of the ledger that no table of the report shows, and a banner may have to name.
NAMES = {"intra_period_returns": "left and came back within the period"}
HEADINGS = {
    "figure": "figure",
    "periods": "periods in which it moved",
    "period": "largest change in",
    "before": "published before",
    "after": "in this report",
    "change": "change",
}


THRESHOLDS = {
    "inactive_after": (
        "A customer counts as dormant after {after} days now, and did after {before} then."
    ),
    "lost_after": (
        "A customer counts as lost after {after} days now, and did after {before} then."
    ),
}
VERSIONS = {
    "definitions": "The definitions have version {after} now and had {before} then.",
    "kit": "The program has version {after} now and had {before} then.",
}


def banners(comparison: Comparison | None, language: Language) -> list[Banner]:
    """Return the banners of a report in its language; none where nothing needs saying.

    `language` has the currency and frequency of the report.
    """
    if comparison is None:
        return []
    if comparison.moved is None:
        return [_not_comparable(comparison, language)]
    return [] if comparison.moved.empty else [_restated(comparison, comparison.moved, language)]


def moved_in_words(figures: int, periods: int, language: Language) -> str:
    """How many figures of how many periods moved, as a short note."""
    return language.plural(
        "{count} figure of past periods moved ({periods})",
        "{count} figures of past periods moved ({periods})",
        figures,
        periods=language.duration(periods),
    )


def _restated(comparison: Comparison, moved: pd.DataFrame, language: Language) -> Banner:
    opening = language.plural(
        "{count} figure of past periods ({periods}) is not what the report published on {moment} "
        "said.",
        "{count} figures of past periods ({periods}) are not what the report published on "
        "{moment} said.",
        len(moved),
        periods=language.duration(moved["period"].nunique()),
        moment=moment(comparison.published, language),
    )
    changes = " · ".join(
        language("{figure}, {period}: {before} → {after} ({change})", **told)
        for told in _told(_largest(moved, moved["figure"].map(_kind)), language)
    )
    return Banner(
        NOTE,
        language("Figures of past periods have moved"),
        [
            opening,
            language("Largest changes: {changes}.", changes=changes),
            *_reasons(comparison, language),
        ],
        _moved_table(moved, language),
    )


def _not_comparable(comparison: Comparison, language: Language) -> Banner:
    opening = language(
        "Whether figures of past periods have moved is not known: the periods of the report "
        "published on {moment} were others, or its figures cannot be read.",
        moment=moment(comparison.published, language),
    )
    title = language("Not comparable with the report before")
    return Banner(NOTE, title, [opening, *_changed_settings(comparison, language)])


def _reasons(comparison: Comparison, language: Language) -> list[str]:
    """What is known to differ between the two runs; no sentence says that it is the cause."""
    found = comparison.differences
    sentences = _changed_thresholds(comparison, language) + _changed_settings(comparison, language)
    sentences += _changed_versions(comparison, language)
    if not sentences:
        sentences.append(
            language(
                "Settings, thresholds and definitions are the same as then: rows of past days "
                "were added, changed or removed in the source."
            )
        )
    if "rows" in found.get("source", {}):
        before, after = found["source"]["rows"]
        sentences.append(
            language(
                "The source had {before} rows then and has {after} now.",
                before=language.number(before),
                after=language.number(after),
            )
        )
    return sentences


def _changed_thresholds(comparison: Comparison, language: Language) -> list[str]:
    found = comparison.differences.get("thresholds", {})
    return [
        language(message, before=language.number(before), after=language.number(after))
        for name, message in THRESHOLDS.items()
        if name in found
        for before, after in [found[name]]
    ]


def _changed_versions(comparison: Comparison, language: Language) -> list[str]:
    found = comparison.differences.get("versions", {})
    return [
        language(message, before=before, after=after)
        for name, message in VERSIONS.items()
        if name in found
        for before, after in [found[name]]
    ]


def _changed_settings(comparison: Comparison, language: Language) -> list[str]:
    keys = ", ".join(comparison.differences.get("settings", {}))
    return [language("Settings that differ: {keys}.", keys=keys)] if keys else []


def _moved_table(moved: pd.DataFrame, language: Language) -> Table:
    """One row a figure: in how many periods it moved, and its largest change."""
    periods = moved.groupby("figure", sort=False)["period"].nunique()
    rows = [
        [language.title(told["figure"]), language.number(count), *list(told.values())[1:]]
        for told, count in zip(
            _told(_largest(moved, moved["figure"]), language), periods, strict=True
        )
    ]
    headings = [language.title(text) for text in language.each(HEADINGS).values()]
    return Table(language("Which figures moved"), headings, rows)


def _told(moved: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    """The texts of each row, in the order of HEADINGS."""
    return [
        {
            "figure": _name(row["figure"], language),
            "period": language.period(row["period"]),
            "before": _amount(row["before"], row["figure"], language),
            "after": _amount(row["after"], row["figure"], language),
            "change": _amount(row["change"], row["figure"], language, signed=True),
        }
        for row in moved.to_dict("records")
    ]


def _largest(moved: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """The row with the largest change of each group, the newest where several are as large."""
    sizes = moved["change"].abs().fillna(0).iloc[::-1]
    return moved.loc[sizes.groupby(by.iloc[::-1]).idxmax().reindex(by.unique())]


def _name(figure: str, language: Language) -> str:
    # A notebook of another make may publish columns that the kit has no words for.
    if figure in NAMES:
        return language(NAMES[figure])
    return heading_of(figure, language) if figure in COLUMNS else figure


def _kind(figure: str) -> str:
    return COLUMNS[figure][1] if figure in COLUMNS else "count"


def _amount(value: float, figure: str, language: Language, *, signed: bool = False) -> str:
    if pd.isna(value):
        return ABSENT
    sign = "+" if signed and value > 0 else ""
    if _kind(figure) == "money":
        return sign + language.exact_money(value)
    return sign + language.number(value)
