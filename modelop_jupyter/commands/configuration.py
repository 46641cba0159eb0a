"""The verb ``config``: show and set the user's own defaults."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.configuration import KEYS, ConfiguredValue, Source, key_of, shown_value
from modelop_jupyter.display.blocks import Blocks, Note
from modelop_jupyter.errors import UsageMistakeError


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """A key that was set or unset: what applies now, and the ``stored`` value, None for none."""

    now: ConfiguredValue
    stored: str | None

    def blocks(self) -> Blocks:
        """Return what applies from now on, and what keeps the new value from that."""
        now = self.now
        if now.source is Source.VARIABLE:
            change = "no longer set" if self.stored is None else f"stored as {self.stored}"
            text = f"{now.key} is {change}, but {now.place}={now.value} is set and wins."
            return [Note(text, "warn")]
        return [Note(f"From now on {now.key} is {now.value}: {now.meaning}.", "good")]


def _configure(parser: Parser) -> None:
    parser.add_argument(
        "key", metavar="KEY", nargs="?", help=f"one of {', '.join(KEYS)}; all are listed without it"
    )
    parser.add_argument(
        "value", metavar="VALUE", nargs="?", help="the value from now on; shown without it"
    )
    parser.add_argument(
        "--unset", action="store_true", help="take the value back, so that the default applies"
    )


def _config(
    context: Context, args: Namespace
) -> list[ConfiguredValue] | ConfiguredValue | ConfigurationChange:
    config = context.workspace.config
    if args.unset and (args.key is None or args.value is not None):
        raise UsageMistakeError("config: --unset takes a KEY alone", "Type config KEY --unset")
    if args.key is None:
        return config()
    if args.unset:
        return ConfigurationChange(config.unset(args.key), None)
    if args.value is None:
        return config.get(args.key)
    stored = shown_value(key_of(args.key), args.value)
    return ConfigurationChange(config.set(args.key, args.value), stored)


VERBS = (
    Verb(
        name="config",
        summary="Show or set your own defaults, such as the engine that jobs run on.",
        example="config engine dask://scheduler:8786",
        configure=_configure,
        run=_config,
    ),
)
