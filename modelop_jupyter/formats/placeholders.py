"""Detect files that stand in for another one: Git LFS pointers, and HTML pages saved by mistake."""

from __future__ import annotations

from modelop_jupyter.formats.compression import ending_of

HEAD_BYTES = 1024
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"version http://git-media.io/")
_PAGES = (b"<!doctype html", b"<html")
# Files that are HTML by intent, or text that a model may need unchanged.
_TEXTS = {".html", ".htm", ".xhtml", ".xml", ".txt", ".md", ".rst", ".py", ".ipynb", ".svg"}
_TEXTS |= {".js", ".css", ".j2", ".jinja", ".tpl", ".template", ""}


def describe_placeholder(
    name: str, head: bytes, *, is_text: bool = False
) -> tuple[str, str] | None:
    """Return what a file is instead and what to do about it; None for a real file.

    ``head`` are its first bytes. With ``is_text`` its content is used as text, whatever it is.
    """
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_POINTERS):
        return (
            "is a Git LFS pointer, not the file itself",
            "Fetch the file: 'git lfs install' once, then 'git lfs pull' in its repository",
        )
    is_page = head[:64].lower().startswith(_PAGES)
    if is_page and not is_text and ending_of(name) not in _TEXTS:
        return (
            "is an HTML page, such as an error or sign-in page saved instead of the file",
            "Open it in a browser to see what it says, and download the file again",
        )
    return None
