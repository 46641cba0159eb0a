"""A chart as an object: shown with Vega-Lite where that is supported, saved as PNG, SVG or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelop_jupyter import files
from modelop_jupyter.display.blocks import Chart
from modelop_jupyter.display.charts.svg import drawing
from modelop_jupyter.display.charts.table import numbers_of
from modelop_jupyter.display.charts.vega import VEGA_LITE, specification
from modelop_jupyter.errors import InvalidError, MissingExtraError

_SCALE = 2.0


class Picture:
    """One chart of a result; as the last line of a cell it is shown with tooltips and a menu."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def __repr__(self) -> str:
        return f"<Picture {self.title!r}>"

    @property
    def title(self) -> str:
        return self._chart.title

    @property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite v5 specification, with its data inside."""
        return specification(self._chart)

    def save(self, path: str | Path) -> Path:
        """Write the chart as ``.png``, ``.svg`` or ``.json`` (the specification), by the file name's ending."""
        target = Path(path).expanduser()
        ending = target.suffix.lower()
        if ending not in (".png", ".svg", ".json"):
            raise InvalidError(
                f"{target} is not the name of a picture", "End it in .png, .svg or .json"
            )
        spec = json.dumps(self.spec)
        if ending == ".json":
            return _write(target, spec.encode())
        try:
            import vl_convert
        except ImportError:
            raise MissingExtraError(f"A chart as {ending[1:].upper()}", "charts") from None
        if ending == ".svg":
            return _write(target, vl_convert.vegalite_to_svg(spec).encode())
        return _write(target, vl_convert.vegalite_to_png(spec, scale=_SCALE))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # No HTML: JupyterLab would prefer that to Vega-Lite, and the summary has it already.
        from modelop_jupyter.display import plain_text

        text = plain_text.page([numbers_of(self._chart)])
        return {VEGA_LITE: self.spec, "image/svg+xml": drawing(self._chart), "text/plain": text}


def _write(target: Path, data: bytes) -> Path:
    try:
        with files.write_to_user_path(target) as file:
            file.write(data)
    except OSError as error:
        raise InvalidError(f"{target} cannot be written: {error.strerror or error}") from None
    return target
