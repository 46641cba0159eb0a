"""The parts of the site that are made of the code: a Sphinx extension.

A page says where such a part belongs with a comment: ``<!-- generated: commands -->``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen import commands, error_pages, rest
from sitegen.metrics_result import MetricsResultDirective
from sitegen.notebooks import copy_notebooks

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_MARK = re.compile(r"<!-- generated: (\w+) -->")
# Each gets the name of the page and returns Markdown.
_PARTS: Mapping[str, Callable[[str], str]] = {
    "commands": lambda _: commands.reference(),
    "rest": lambda _: rest.reference(),
    "errors": lambda _: error_pages.index(),
    "error": lambda page: error_pages.facts(page.rpartition("/")[2]),
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and what is done to sources before they are parsed."""
    app.add_directive("metrics-result", MetricsResultDirective)
    app.connect("builder-inited", _prepare)
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _prepare(app: Sphinx) -> None:
    # The kernels of the notebooks inherit it: your own models are not touched.
    home = Path(app.outdir).parent / "home"
    shutil.rmtree(home, ignore_errors=True)
    os.environ["MODELOP_HOME"] = str(home)
    os.environ.pop("MODELOP_REGISTRY_URL", None)
    copy_notebooks(app.srcdir)


def _fill(app: Sphinx, page: str, source: list[str]) -> None:  # noqa: ARG001 - an event's signature
    text = _MARK.sub(lambda mark: _PARTS[mark[1]](page), source[0])
    # On GitHub, pages and notebooks are folders of one level; here, the notebooks are below the pages.
    if page.startswith("notebooks/"):
        text = text.replace("](../docs/", "](../")
    elif "/" not in page:
        text = text.replace("](../notebooks/", "](notebooks/")
    source[0] = text
