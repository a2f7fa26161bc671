"""Follows every link of the built site: pages, anchors, files; addresses outside are only read.

``python -m sitegen.links docs/_build/html`` ends with 1 if a link leads nowhere.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["broken_links"]

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src"}


class _Page(HTMLParser):
    """Collects what a page links to, and what can be linked to on it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        link = values.get(LINKS.get(tag, ""))
        if link is not None:
            self.links.append(link)


def broken_links(root: Path) -> tuple[int, list[str]]:
    """Follow the links of all pages of a folder.

    Parameters
    ----------
    root : Path
        The folder of the built site.

    Returns
    -------
    int
        How many links there are.
    list of str
        What is wrong, a line for each.
    """
    pages = {}
    for path in sorted(root.rglob("*.html")):
        if "_static" in path.relative_to(root).parts:  # the theme's own, templates among them
            continue
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        pages[path.resolve()] = page
    faults = [
        f"{path.relative_to(root.resolve())}: {link!r} {fault}"
        for path, page in pages.items()
        for link in page.links
        if (fault := _fault(path, link, pages))
    ]
    return sum(len(page.links) for page in pages.values()), faults


def _fault(path: Path, link: str, pages: dict[Path, _Page]) -> str:
    try:
        parts = urlsplit(link)
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme in {"mailto", "data", "javascript"}:
        return ""
    if parts.scheme or parts.netloc:
        good = parts.scheme in {"http", "https"} and "." in parts.netloc and " " not in link
        return "" if good else "is no well-formed address"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "leads to nothing"
    page = pages.get(target)
    if page is not None and parts.fragment and unquote(parts.fragment) not in page.anchors:
        return "leads to no place of that page"
    return ""


def main(arguments: list[str]) -> int:
    """Check the site in the folder that is named."""
    (folder,) = arguments
    count, faults = broken_links(Path(folder))
    if not count:
        print(f"There is no page with a link in {folder}.", file=sys.stderr)
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{count} links, {len(faults)} broken")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
