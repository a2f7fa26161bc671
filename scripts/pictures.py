#!/usr/bin/env python3
"""Draw the pictures of the home page: a report by causes, and a search with its progress.

    scripts/pictures.py            # both, in docs/pictures
    scripts/pictures.py report     # one of them

Both are text of a terminal. The report is that of a stored run (docs/peers/scikeras.json), the
progress that of a search that this script runs; it needs scikit-learn 1.9 and rich.
"""

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
COLUMNS, WIDE = 84, 112
"""The width of the terminal, for the report and for the bars."""
CAUSES = 2
"""How many causes of the report are shown."""
SHOWN = 0.4
"""The share of the search that is done in the picture of its progress."""

# A frame of rich ends where it erases its lines to draw the next one.
_ERASE = re.compile(r"(?:\r?\x1b\[2K(?:\x1b\[1A)?)+")
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_SIZE, _WIDTH, _HEIGHT, _MARGIN = 13, 7.83, 18, 14
_INK, _PAPER = "#d0d7de", "#0d1117"


def report() -> str:
    """Return the first lines of a stored report: the subject, and its largest causes."""
    stored = Path("docs", "peers", "scikeras.json")
    command = [sys.executable, "-m", "scikeras_conformance", "report", str(stored)]
    environment = os.environ | {"COLUMNS": str(COLUMNS), "NO_COLOR": "1"}
    # The exit code is that of the stored run, which found failures.
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    head, found, _ = done.stdout.partition(f"\n{CAUSES + 1:2}. ")
    if not found:
        raise RuntimeError(f"{' '.join(command)} printed no causes:\n{done.stdout}{done.stderr}")
    return f"$ scikeras-conformance report {stored.as_posix()}\n{head}"


def progress() -> str:
    """Return what a terminal shows while a search is running."""
    colors = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "COLUMNS": str(WIDE)}
    os.environ.update(colors | {"KERAS_BACKEND": "jax"})
    from sklearn.callback import ProgressBar
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV

    from scikeras_reference import KerasClassifier
    from scikeras_reference.models import mlp

    X, y = load_digits(return_X_y=True)
    classifier = KerasClassifier(
        mlp, loss="auto", optimizer="adam", hidden_layer_sizes=(16,), epochs=20, verbose=0,
        random_state=0,
    )  # fmt: skip
    search = GridSearchCV(classifier, {"optimizer__learning_rate": [0.0001, 0.01]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None))
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        search.fit(X, y)
    frames = [frame.rstrip() for frame in _ERASE.split(shown.getvalue()) if "%" in frame]
    code = (
        "\x1b[2m>>> search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)\x1b[0m"
    )
    return f"{code}\n{next(frame for frame in frames if done(frame) >= SHOWN)}"


def done(frame: str) -> float:
    """Return the share that the first bar of a frame says is done."""
    percent = re.search(r"(\d+)%", frame)
    return int(percent[1]) / 100 if percent else 0.0


def draw(text: str, title: str) -> str:
    """Return text of a terminal, with its colors, as a picture."""
    from rich.text import Text

    lines = Text.from_ansi(text).split("\n")
    width = 2 * _MARGIN + max(line.cell_len for line in lines) * _WIDTH
    height = 2 * _MARGIN + len(lines) * _HEIGHT
    rows = "\n".join(
        row(line, _MARGIN + (place + 0.75) * _HEIGHT) for place, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img">\n'
        f"<title>{escape(title, quote=False)}</title>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{_PAPER}"/>\n'
        f'<g font-family="{_FONT}" font-size="{_SIZE}" fill="{_INK}" xml:space="preserve">\n'
        f"{rows}\n</g>\n</svg>\n"
    )


def row(line: Any, y: float) -> str:
    """Return one line; its parts of one color have a place of their own, whatever the font."""
    from rich.console import Console

    console = Console(color_system="truecolor", width=10 * COLUMNS)
    parts, column = [], 0
    for segment in line.render(console):
        if segment.text.strip():
            color = segment.style.color if segment.style else None
            fill = f' fill="{color.get_truecolor().hex}"' if color and not color.is_default else ""
            dim = ' opacity="0.6"' if segment.style and segment.style.dim else ""
            parts.append(
                f'<text x="{_MARGIN + column * _WIDTH:.1f}" y="{y:.1f}"'
                f' textLength="{segment.cell_length * _WIDTH:.1f}"{fill}{dim}>'
                f"{escape(segment.text, quote=False)}</text>"
            )
        column += segment.cell_length
    return "\n".join(parts)


PICTURES: dict[str, tuple[Callable[[], str], str]] = {
    "report": (report, "The largest causes of a report, and what each of them breaks"),
    "search": (progress, "Bars for a search, for its candidates and folds, and for their epochs"),
}


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], help="some of them")
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().names or PICTURES:
        text, title = PICTURES[name]
        (FOLDER / f"{name}.svg").write_text(draw(text(), title), encoding="utf-8")


if __name__ == "__main__":
    main()
