"""Plot the ratios; the only module that needs matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.competitors import COMPETITORS
from benchmarks.demands import DEMANDS
from benchmarks.history import Entry
from benchmarks.results import Results, ratios, spread

__all__ = ["draw", "draw_history"]

_STYLES = {
    "reference-xla": ("#ff7f0e", "*"),
    "keras": ("#333333", "o"),
    "keras-pipeline": ("#8c564b", "X"),
    "keras-xla": ("#17becf", "p"),
    "predict_on_batch": ("#999999", "v"),
    "keras.wrappers": ("#1f77b4", "s"),
    "scikeras": ("#d62728", "D"),
    "skorch": ("#2ca02c", "^"),
    "mlp": ("#9467bd", "P"),
}


def draw(results: Results, path: Path) -> None:
    """Plot reference ÷ competitor for every scenario, with quartiles, on a logarithmic scale."""
    plt = _pyplot()
    names = list(results.scenarios)
    figure, axes = plt.subplots(figsize=(8, 0.34 * len(names) + 1.2), layout="constrained")
    axes.axvline(1, color="#333333", linewidth=0.8)
    for shift, (competitor, (color, marker)) in enumerate(_STYLES.items(), start=-4):
        found = {
            place: spread(values)
            for place, name in enumerate(names)
            if (values := ratios(results.scenarios[name], competitor))
        }
        axes.errorbar(
            [it.median for it in found.values()],
            [place + 0.1 * shift for place in found],
            xerr=[
                [it.median - it.low for it in found.values()],
                [it.high - it.median for it in found.values()],
            ],
            fmt=marker, color=color, markersize=4, linewidth=1,
            label=COMPETITORS[competitor].title.strip("`"),
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="both", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("reference ÷ competitor (left of 1: the reference needs less)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0 + 1.0 / len(names)), ncols=5)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw_history(entries: Sequence[Entry], path: Path) -> None:
    """Plot every ratio that has a limit, as a share of this limit, from run to run."""
    plt = _pyplot()
    height = max(5.0, 0.18 * len(DEMANDS))  # of the legend
    figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
    axes.axhline(1, color="#333333", linewidth=0.8)
    for number, demand in enumerate(DEMANDS):
        known = {
            place: one["ratios"][demand.name] / demand.at_most
            for place, one in enumerate(entries)
            if demand.name in one["ratios"]
        }
        axes.plot(
            list(known), list(known.values()), marker="osD^vPX"[number % 7],
            color=f"C{number % 10}", markersize=4, linewidth=1, label=demand.name,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set_xticks(range(len(entries)), [one["day"] for one in entries])
    axes.grid(axis="both", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel("ratio ÷ its limit (below 1: met)")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=7)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("svg")
    # The same results produce the same file.
    mpl.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    return plt
