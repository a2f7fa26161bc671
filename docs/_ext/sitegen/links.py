"""Check every link of the built site: pages, anchors and files. External addresses are only parsed.

``python -m sitegen.links docs/_build/html`` exits with 1 if a link is broken.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["broken_links"]

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src"}


class _Page(HTMLParser):
    """Collects the links and the anchors of a page."""

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
    """Check the links of all pages of a folder.

    Parameters
    ----------
    root : Path
        The folder of the built site.

    Returns
    -------
    int
        The number of links.
    list of str
        One message for each broken link.
    """
    pages = {}
    for path in sorted(root.rglob("*.html")):
        if "_static" in path.relative_to(root).parts:  # files of the theme, including templates
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
        return f"is not a valid address: {error}"
    if parts.scheme in {"mailto", "data", "javascript"}:
        return ""
    if parts.scheme or parts.netloc:
        good = parts.scheme in {"http", "https"} and "." in parts.netloc and " " not in link
        return "" if good else "is not a valid address"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "does not exist"
    page = pages.get(target)
    if page is not None and parts.fragment and unquote(parts.fragment) not in page.anchors:
        return "is not an anchor of that page"
    return ""


def main(arguments: list[str]) -> int:
    """Check the site in the given folder and return the exit code."""
    (folder,) = arguments
    count, faults = broken_links(Path(folder))
    if not count:
        print(f"No page in {folder} has a link.", file=sys.stderr)
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{count} links, {len(faults)} broken")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
