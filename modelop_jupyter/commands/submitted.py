"""A job verb's value while the job runs, and what is told of the job when it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelop_jupyter.commands import values
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.domain.jobs import INPUT_FORMATS

if TYPE_CHECKING:
    from modelop_jupyter.workspace import Job


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that runs; a front door follows it unless it is to stay in the background.

    ``variable`` is where the result goes when the job has ended, ``slot_variables`` where those of
    further output slots do. ``is_attached`` says that it was
    there before: who stops looking does not stop it.
    """

    job: Job
    background: bool = False
    variable: str | None = None
    is_attached: bool = False
    slot_variables: tuple[tuple[int, str], ...] = ()


def input_arguments(parser: Parser) -> None:
    """Give a verb its INPUT…"""
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="a file, a glob such as 'part-*.csv', a URL, '-' for standard input, a variable of the notebook, or an asset of the model",
    )
    format_argument(parser)


def format_argument(parser: Parser) -> None:
    """Give a verb its ``--format``."""
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        choices=INPUT_FORMATS,
        help="what the input is, whatever its name says: csv, jsonl, json, text, parquet or avro",
    )


def output_argument(parser: Parser) -> None:
    """Give a verb its OUTPUT."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="a file, or the name of a variable; without it the job holds the result",
    )


def parameter_argument(parser: Parser) -> None:
    """Give a verb its ``--param``."""
    parser.add_argument(
        "--param",
        metavar="K=V",
        type=values.parameter,
        action="append",
        default=[],
        help="a job parameter; V is a number, text or any JSON value",
    )


def job_arguments(parser: Parser) -> None:
    """Give a verb the options of jobs that may take long."""
    parameter_argument(parser)
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=values.seconds,
        help="end the job as an ERROR after S seconds; what it has by then is kept",
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        type=values.size,
        help="what the model's process and all it starts may take, such as 2GB or 500MB",
    )
    parser.add_argument("--background", action="store_true", help="return at once; the job goes on")
