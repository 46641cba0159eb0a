"""The field of a job's form that says where it runs, with what the engine has now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelop_jupyter.display.blocks import Block, Facts, Note, Span
from modelop_jupyter.display.engines import sentence
from modelop_jupyter.domain.engines import EngineState
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

_LOCAL = "local"


class EngineField:
    """A field with the engines and the addresses used last, and the state of the one that is chosen.

    A cluster is looked at when the field is left, in a thread, so that the notebook goes on.
    ``on_change`` is called in the panel's own thread.
    """

    def __init__(
        self, state: PanelState, worker: BackgroundWorker, *, on_change: Callable[[], object]
    ) -> None:
        self._state = state
        self._worker = worker
        self._on_change = on_change
        self._default, suggestions = _choices(state)
        # The engine that was looked at last, and what was found: None while it is not known.
        self._engine = _LOCAL
        self._found: EngineState | str | None = None
        self.field = widgets.text_field(
            "Run on",
            placeholder="this machine" if self._default == _LOCAL else self._default,
            suggestions=suggestions,
            is_continuous=False,
        )
        self.state_view = widgets.block_view()
        self.field.observe(lambda _: self._look(), "value")
        self._look()

    @property
    def value(self) -> str:
        """The engine as typed, empty for the default one."""
        return str(self.field.value)

    def show(self) -> None:
        """Show what the engine has."""
        widgets.set_blocks(self.state_view, self._blocks())

    def _blocks(self) -> Iterator[Block]:
        if self._engine == _LOCAL:
            return
        if self._found is None:
            yield Note(f"Connecting to {self._engine} …")
        elif isinstance(self._found, str):
            yield Note(self._found, "bad")
        else:
            yield Note(sentence(self._found))
            if address := self._found.dashboard:
                yield Facts((("dashboard", Span(address, address=address)),))

    def _look(self) -> None:
        engine = self.value.strip() or self._default
        self._engine, self._found = engine, None
        if engine != _LOCAL:
            self._worker.submit_long(lambda: self._take(engine, self._state.look_at_engine(engine)))

    def _take(self, engine: str, found: EngineState | str) -> None:
        def show() -> None:
            # Another engine may have been chosen meanwhile.
            if engine == self._engine:
                self._found = found
                self._on_change()

        self._worker.submit(show)


def _choices(state: PanelState) -> tuple[str, tuple[str, ...]]:
    """Return the default engine and the suggestions; without a registry that of this machine."""
    try:
        choices = state.engines()
    except ModelOpError:
        return _LOCAL, (_LOCAL,)
    return choices.default, (*choices.names, *choices.addresses)
