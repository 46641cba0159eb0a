"""Files that stand where another one should be: Git LFS pointers, and error pages that were saved."""

from __future__ import annotations

from pathlib import PurePath

HEAD = 1024
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"version http://git-media.io/")
_PAGES = (b"<!doctype html", b"<html")
# What may be such a page, or holds text that a model may want as it is.
_TEXTS = {".html", ".htm", ".xhtml", ".xml", ".txt", ".md", ".rst", ".py", ".ipynb", ".svg"}
_TEXTS |= {".js", ".css", ".j2", ".jinja", ".tpl", ".template", ""}


def stand_in(name: str, head: bytes, *, is_text: bool = False) -> tuple[str, str] | None:
    """Return what a file is instead, and what to do; None for one that is what it seems.

    ``is_text`` says that its content is taken as text, whatever that is.
    """
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_POINTERS):
        return (
            "is a Git LFS pointer, not the file itself",
            "Fetch the file: 'git lfs install' once, then 'git lfs pull' in its repository",
        )
    is_page = head[:64].lower().startswith(_PAGES)
    if is_page and not is_text and PurePath(name.lower().removesuffix(".gz")).suffix not in _TEXTS:
        return (
            "is an HTML page, such as an error or sign-in page saved instead of the file",
            "Open it in a browser to see what it says, and download the file again",
        )
    return None
