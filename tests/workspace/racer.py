"""Change a model from a process of its own: ``racer.py HOME URL``, then one JSON line for each verb.

A line is a list: the name of a method of the workspace and its arguments. The answer is a line too:
``"done"``, or what went wrong. Sent to many racers at once, the lines race.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.settings import Settings


def main(home: str, url: str) -> None:
    with Workspace(Settings(Path(home), url)) as workspace:
        workspace.registry.model_names()
        print('"ready"', flush=True)
        for line in sys.stdin:
            verb, *arguments = json.loads(line)
            try:
                getattr(workspace, verb)(*arguments)
                answer = "done"
            except ModelOpError as error:
                answer = f"{type(error).__name__}: {error}"
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
