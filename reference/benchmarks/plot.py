"""Plot the ratios; the only module that needs matplotlib."""

from pathlib import Path

from benchmarks.competitors import COMPETITORS
from benchmarks.results import Results, ratios, spread

__all__ = ["draw"]

_STYLES = {
    "keras": ("#333333", "o"),
    "predict_on_batch": ("#999999", "v"),
    "keras.wrappers": ("#1f77b4", "s"),
    "scikeras": ("#d62728", "D"),
    "skorch": ("#2ca02c", "^"),
    "mlp": ("#9467bd", "P"),
}


def draw(results: Results, path: Path) -> None:
    """Plot reference ÷ competitor for every scenario, with quartiles, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same results produce the same file.
    mpl.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    names = list(results.scenarios)
    figure, axes = plt.subplots(figsize=(8, 0.34 * len(names) + 1.2), layout="constrained")
    axes.axvline(1, color="#333333", linewidth=0.8)
    for shift, (competitor, (color, marker)) in enumerate(_STYLES.items(), start=-2):
        found = {
            place: spread(values)
            for place, name in enumerate(names)
            if (values := ratios(results.scenarios[name], competitor))
        }
        axes.errorbar(
            [it.median for it in found.values()],
            [place + 0.13 * shift for place in found],
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
