"""Charts: a small computed frame -> Axes. Nothing is computed here beyond picking what to show.

One palette, keyed by state, readable to the colour-blind and in grey print. Lines and bars are
labelled where they stand; axes carry their units.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from retention.cohorts import average_retention
from retention.language import Language
from retention.ledger import NEW, NO_PURCHASE, REACTIVATED, RETAINED, WON_BACK
from retention.lifecycle import ACTIVE, DORMANT, LOST
from retention.rates import CHURN, REACTIVATION, RETENTION, WIN_BACK
from retention.words import name_of

PALETTE = {
    ACTIVE: "#0b5c93",
    DORMANT: "#a86400",
    LOST: "#5f6670",
    NEW: "#00704f",
    RETAINED: "#0b5c93",
    REACTIVATED: "#3b87bd",
    WON_BACK: "#9c3a72",
    NO_PURCHASE: "#9aa1a9",
    "lapsed": "#b3431b",
    CHURN: "#b3431b",
    RETENTION: "#0b5c93",
    REACTIVATION: "#3b87bd",
    WIN_BACK: "#9c3a72",
}
INK, QUIET, GRID = "#1d2733", "#5b6673", "#dfe3e8"
# Light enough everywhere for dark figures to be read on it.
HEAT = sns.blend_palette(["#f3f8fc", "#a5cbe6", "#5a9fd0"], as_cmap=True)
WIDE, HALF = (10.8, 3.9), (5.4, 3.3)

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": QUIET,
    "axes.labelsize": 9,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "retention",
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.bottom": False,
    "ytick.left": False,
}


def _axes(ax: Axes | None, size: tuple[float, float] = WIDE) -> Axes:
    return Figure(figsize=size, layout="constrained").subplots() if ax is None else ax


@rc_context(STYLE)
def stocks(ledger: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Customers active, dormant and lost at the close of each period, one line a state."""
    ax = _axes(ax)
    names = {f"closing_{state}": state for state in (ACTIVE, DORMANT, LOST)}
    shown = [name for name in names if ledger[name].any()]
    long = ledger.melt("period", shown, "state", "customers").replace({"state": names})
    sns.lineplot(
        long, x="period", y="customers", hue="state", palette=PALETTE, legend=False, ax=ax, lw=2.2
    )
    last = ledger.iloc[-1]
    _label_ends(
        ax,
        [
            (
                last[name],
                f"{name_of(names[name], language)} {language.number(last[name])}",
                names[name],
            )
            for name in shown
        ],
        last["period"],
    )
    _periods(ax, ledger["period"], language)
    _scale(ax, language.short_number, language("customers at the close"))
    return ax


@rc_context(STYLE)
def movements(ledger: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """The newest period as a waterfall: active at the opening, events, active at the close."""
    ax = _axes(ax)
    last = ledger.iloc[-1]
    steps = [(NEW, last[NEW]), (REACTIVATED, last[REACTIVATED]), (WON_BACK, last[WON_BACK])]
    steps.append(("lapsed", -last["lapsed"]))
    levels = np.cumsum([last["opening_active"], *(size for _, size in steps)])
    names = [language("active at the opening"), *(name_of(kind, language) for kind, _ in steps)]
    names.append(language("active at the close"))
    span = max(levels.max() - levels.min(), 1)
    for place, level in ((0, levels[0]), (len(steps) + 1, levels[-1])):
        ax.plot([place - 0.38, place + 0.38], [level, level], color=PALETTE[ACTIVE], lw=4)
        ax.text(place, level + span * 0.04, language.number(level), ha="center", weight="bold")
    for place, (kind, size) in enumerate(steps, start=1):
        before, after = levels[place - 1], levels[place]
        ax.bar(place, abs(size), bottom=min(before, after), width=0.62, color=PALETTE[kind])
        ax.text(
            place,
            max(before, after) + span * 0.04,
            language.signed(size),
            ha="center",
            color=PALETTE[kind],
            weight="bold",
        )
    for place, level in enumerate(levels):
        ax.plot([place + 0.31, place + 0.69], [level, level], color=QUIET, lw=0.8, ls=":")
    ax.set_xticks(range(len(names)), names)
    ax.set_ylim(levels.min() - span * 0.12, levels.max() + span * 0.18)
    _scale(ax, language.short_number, language("active customers"))
    return ax


@rc_context(STYLE)
def rates(
    rates: pd.DataFrame, measures: Sequence[str], language: Language, *, axes: Sequence[Axes] = ()
) -> Sequence[Axes]:
    """Rates side by side, one panel a measure, each with its 95 % interval as a band."""
    if not axes:
        figure = Figure(figsize=(WIDE[0], HALF[1]), layout="constrained")
        figure.get_layout_engine().set(wspace=0.07)
        axes = list(figure.subplots(1, len(measures)))
    for ax, measure in zip(axes, measures, strict=True):
        frame = rates[(rates["measure"] == measure) & rates["rate"].notna()]
        colour = PALETTE[measure]
        ax.set_title(name_of(measure, language), color=colour)
        _periods(ax, rates["period"], language)
        ax.set_xlim(rates["period"].min(), rates["period"].max())
        _scale(ax, lambda share: language.percent(share, 0), "")
        if frame.empty:
            ax.text(
                0.5, 0.5, language("nobody was at risk yet"), transform=ax.transAxes, ha="center"
            )
            continue
        ax.fill_between(
            frame["period"], frame["low"], frame["high"], color=colour, alpha=0.18, lw=0
        )
        sns.lineplot(frame, x="period", y="rate", color=colour, ax=ax, lw=2, errorbar=None)
        last = frame.iloc[-1]
        _label_ends(ax, [(last["rate"], language.percent(last["rate"]), measure)], last["period"])
        ax.set(xlabel="", ylabel="")
        if frame["rate"].min() < 0.5:
            ax.set_ylim(bottom=0)
    return axes


@rc_context(STYLE)
def revenue(revenue: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Revenue of each period, stacked by how its customers came to buy in it."""
    ax = _axes(ax)
    kinds = [k for k in (RETAINED, NEW, REACTIVATED, WON_BACK) if k in set(revenue["bought_as"])]
    wide = revenue.pivot(index="period", columns="bought_as", values="revenue")
    wide = wide.reindex(columns=kinds).fillna(0.0).clip(lower=0)
    width = 0.8 * _step(wide.index)
    bottom = np.zeros(len(wide))
    for kind in kinds:
        ax.bar(
            wide.index,
            wide[kind],
            bottom=bottom,
            width=width,
            color=PALETTE[kind],
            label=name_of(kind, language),
            lw=0,
        )
        bottom = bottom + wide[kind].to_numpy()
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles,
        labels,
        ncols=len(kinds),
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        handlelength=1,
        borderaxespad=0.2,
    )
    _periods(ax, wide.index, language)
    _scale(ax, language.short_money, language("revenue"))
    return ax


@rc_context(STYLE)
def cohort_heatmap(
    cohorts: pd.DataFrame, value: str, language: Language, *, ax: Axes | None = None
) -> Axes:
    """Cohorts by age: retention (with the pooled average on top) or cumulative revenue a customer.

    What is not observed yet stays empty; cells of the running period are hatched.
    """
    table = cohorts.pivot(index="cohort", columns="age", values=value)
    done = cohorts.pivot(index="cohort", columns="age", values="complete")
    share = value == "retention"
    if share:
        average = average_retention(cohorts).set_index("age")["retention"]
        table = pd.concat([average.to_frame().T.set_axis([pd.NaT]), table])
        done = pd.concat([average.notna().to_frame().T.set_axis([pd.NaT]), done])
    table, done = table.reindex(columns=done.columns), done.eq(True)
    texts = table.map(lambda x: _cell(x, share=share, language=language))
    ax = _axes(ax, (WIDE[0], 0.9 + 0.25 * len(table)))
    compared = table.where(done).drop(columns=0) if share else table.where(done)
    top = compared.max(axis=None) if compared.notna().any(axis=None) else 1.0
    sns.heatmap(
        table.where(done).astype(float),
        ax=ax,
        cmap=HEAT,
        vmin=0,
        vmax=top,
        cbar=False,
        annot=texts.to_numpy(),
        fmt="",
        annot_kws={"size": 7.5, "color": INK},
        linewidths=0.6,
        linecolor="white",
    )
    for row, column in np.argwhere((~done & table.notna()).to_numpy()):
        spot = Rectangle((column, row), 1, 1, fill=False, hatch="////", lw=0, ec="#c9d1da")
        ax.add_patch(spot)
        place = (column + 0.5, row + 0.5)
        ax.text(*place, texts.iat[row, column], ha="center", va="center", size=7.5, color=QUIET)
    labels = [
        language("average (pooled)") if pd.isna(cohort) else language.period(cohort, short=True)
        for cohort in table.index
    ]
    ax.set_yticks(np.arange(len(labels)) + 0.5, labels, rotation=0, size=8)
    ax.set_xticks(np.arange(table.shape[1]) + 0.5, [str(a) for a in table.columns], size=8)
    if share:
        ax.axhline(1, color="white", lw=4)
    ax.grid(visible=False)
    ax.set_xlabel(language("periods since the first purchase"))
    ax.set_ylabel("")
    ax.xaxis.set_label_position("top")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    return ax


def _cell(value: float, *, share: bool, language: Language) -> str:
    if pd.isna(value):
        return ""
    return language.number(value * 100) if share else language.short_number(round(value))


@rc_context(STYLE)
def returns(returns: pd.DataFrame, language: Language, *, ax: Axes | None = None) -> Axes:
    """Share of each lapse cohort that has bought again within a few fixed ages, one line an age."""
    ax = _axes(ax)
    ages = _ages(returns)
    frame = returns[returns["age"].isin(ages)]
    colours = dict(zip(ages, ("#9cc3df", "#3b87bd", "#0b3d63"), strict=False))
    labels = []
    for age in ages:
        line = frame[frame["age"] == age]
        whole = line[line["complete"]]
        ax.plot(line["lapse_period"], line["return_share"], color=colours[age], lw=1.4, ls=":")
        ax.plot(whole["lapse_period"], whole["return_share"], color=colours[age], lw=2.2)
        ax.fill_between(
            line["lapse_period"], line["low"], line["high"], color=colours[age], alpha=0.15, lw=0
        )
        last = line.iloc[-1]
        text = language("within {duration}", duration=language.duration(age))
        share = language.percent(last["return_share"], 0)
        labels.append(
            (last["return_share"], f"{text}: {share}", colours[age], last["lapse_period"])
        )
    for y, text, colour, x in labels:
        ax.annotate(
            text,
            (x, y),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=INK if colour == "#9cc3df" else colour,
            annotation_clip=False,
        )
    _periods(ax, frame["lapse_period"].drop_duplicates(), language)
    ax.set_ylim(bottom=0)
    _scale(ax, lambda share: language.percent(share, 0), language("share that has bought again"))
    ax.set_xlabel(language("period of the lapse"))
    return ax


def _ages(returns: pd.DataFrame) -> list[int]:
    """Up to three ages to compare: the first, a quarter and a whole year's worth of periods."""
    ages = sorted(returns["age"].unique())
    counts = returns.groupby("age")["lapse_period"].nunique()
    wanted = [age for age in (1, 3, 12) if age in ages and counts[age] >= 2]
    return [int(age) for age in wanted or ages[:1]]


@rc_context(STYLE)
def return_curve(
    curve: pd.DataFrame, thresholds: pd.DataFrame, language: Language, *, ax: Axes | None = None
) -> Axes:
    """How long customers take to buy again, with the two thresholds drawn where they cut."""
    ax = _axes(ax)
    longest = int(min(curve["days"].max(), max(365, thresholds["days"].max() * 1.25)))
    shown = curve[curve["days"] <= longest]
    ax.fill_between(
        shown["days"],
        1 - shown["high"],
        1 - shown["low"],
        color=PALETTE[ACTIVE],
        alpha=0.18,
        step="post",
        lw=0,
    )
    ax.step(shown["days"], 1 - shown["survival"], where="post", color=PALETTE[ACTIVE], lw=2)
    for row, colour in zip(thresholds.itertuples(), (PALETTE[DORMANT], PALETTE[LOST]), strict=True):
        ax.axvline(row.days, color=colour, lw=1.4, ls="--")
        text = language.plural(
            "{name}: {count} day",
            "{name}: {count} days",
            row.days,
            name=name_of(row.threshold, language),
        )
        ax.annotate(
            text,
            (row.days, 0.04),
            (5, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=colour,
            weight="bold",
            rotation=0,
        )
    ax.set(xlim=(0, longest), ylim=(0, None))
    ax.set_xlabel(language("days since a purchase"))
    _scale(ax, lambda share: language.percent(share, 0), language("followed by another purchase"))
    return ax


def _scale(ax: Axes, text: Callable[[float], str], label: str) -> None:
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    ax.set_ylabel(label)
    ax.yaxis.get_major_locator().set_params(nbins=6)


def _periods(ax: Axes, periods: Any, language: Language) -> None:
    """Name some of the periods on the x axis, the newest among them."""
    starts = list(periods.drop_duplicates()) if isinstance(periods, pd.Series) else list(periods)
    every = max(
        1,
        -(
            -len(starts)
            // max(4, int(ax.get_figure().get_size_inches()[0] / len(ax.get_figure().axes) * 0.95))
        ),
    )
    chosen = starts[::-1][::every][::-1]
    ax.set_xticks(chosen, [language.period(start, short=True) for start in chosen])
    ax.set_xlabel("")


def _step(periods: pd.Index) -> pd.Timedelta:
    return (periods[1:] - periods[:-1]).min() if len(periods) > 1 else pd.Timedelta(days=20)


def _label_ends(ax: Axes, labels: list[tuple[float, str, str]], x: Any) -> None:
    """Labels at the right end of lines, pushed apart where they would overlap."""
    low, high = ax.get_ylim()
    apart = (high - low) * 0.075
    placed: list[float] = []
    for value, text, key in sorted(labels):
        place = max(value, placed[-1] + apart) if placed else value
        placed.append(place)
        ax.annotate(
            text,
            (x, place),
            (7, 0),
            textcoords="offset points",
            va="center",
            color=PALETTE[key],
            weight="bold",
            annotation_clip=False,
        )
