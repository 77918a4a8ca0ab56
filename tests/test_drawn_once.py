"""A chart is drawn once, and looks as Matplotlib alone would draw it."""

import io

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from retention.reporting.drawing import drawn
from retention.style import STYLE, panels


def _figure() -> Figure:
    with rc_context(STYLE):
        ax, other = panels(2)
        ax.plot([0, 1, 2], [5, 1, 4], label="a long name of a line")
        ax.set(xlabel="days since the first purchase", ylabel="customers")
        ax.legend()
        other.bar(["one", "two"], [3, 4], hatch="//")
        other.text(0.5, 3.5, "a cell").set_in_layout(False)
    return ax.figure


def test_the_places_of_the_axes_are_those_that_matplotlib_finds():
    with rc_context(STYLE):
        buffer = io.StringIO()
        _figure().savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    assert drawn(_figure().axes[0]) == buffer.getvalue()


def test_a_figure_is_drawn_once(monkeypatch: pytest.MonkeyPatch):
    figure, draws = _figure(), []
    draw = figure.axes[0].draw
    monkeypatch.setattr(figure.axes[0], "draw", lambda *args: (draws.append(1), draw(*args))[1])
    drawn(figure.axes[0])
    assert draws == [1]


def test_a_figure_that_an_analyst_made_without_a_layout_is_drawn_too():
    ax = Figure().subplots()
    assert "<svg" in drawn(ax)
