"""Every error a user can meet: each carries its data, makes its own sentence and has a stable code.

A message says what went wrong and where; the hint says what to do. Front doors translate the
classes by a table of their own (CLI: exit code, magic: ``UsageError``, server: HTTP status) and
never look at the text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from modelop_jupyter.masking import masked

_SHOWN = 8
_CLOSE = 0.75
_TYPED = 3


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to a mistyped one, or None when nothing is close.

    Close is one slip in four or five letters, letters that changed places, another case, or a word
    whose beginning was typed: a far-fetched guess would send its reader the wrong way.
    """
    names = list(known)
    folded = {name.casefold(): name for name in reversed(names)}
    matches = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=_CLOSE)
    # Of a short word, two letters that changed places are more than a quarter.
    matches += [name for name in folded if sorted(name) == sorted(word.casefold())]
    if matches:
        return folded[matches[0]]
    begun = [
        name
        for name in names
        if len(word) >= _TYPED and name.casefold().startswith(word.casefold())
    ]
    return begun[0] if len(begun) == 1 else None


class ModelOpError(Exception):
    """The root of the tree: an error whose message a user can act on."""

    code = "error"

    @property
    def message(self) -> str:
        """What went wrong and where, in one sentence without a full stop."""
        return str(self.args[0]) if self.args else "something went wrong"

    @property
    def hint(self) -> str | None:
        """What to do about it, in one sentence without a full stop."""
        return None

    def __str__(self) -> str:
        return masked(
            " ".join(
                part if part.endswith("?") else part.rstrip(".") + "."
                for part in (self.message, self.hint)
                if part
            )
        )

    def to_wire(self) -> dict[str, str | None]:
        """Return ``{code, message, hint}``, the shape every front door sends."""
        hint = masked(self.hint) if self.hint else self.hint
        return {"code": self.code, "message": masked(self.message), "hint": hint}


class NotFoundError(ModelOpError):
    """Something named by the user does not exist."""

    code = "not_found"
    noun = "thing"

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = tuple(known)

    @property
    def message(self) -> str:
        return f"no {self.noun} named {self.name!r}"

    @property
    def hint(self) -> str | None:
        close = nearest(self.name, self.known)
        if close:
            return f"Did you mean {close!r}?"
        return f"Known are {', '.join(self.known[:_SHOWN])}" if self.known else None


class ModelNotFoundError(NotFoundError):
    code = "model_not_found"
    noun = "model"


class SnapshotNotFoundError(NotFoundError):
    code = "snapshot_not_found"
    noun = "snapshot"


class AssetNotFoundError(NotFoundError):
    code = "asset_not_found"
    noun = "asset"


class JobNotFoundError(NotFoundError):
    code = "job_not_found"
    noun = "job"

    @property
    def hint(self) -> str | None:
        return "The verb 'jobs' lists them; an id can be cut to its first four digits"


class MetricNotFoundError(NotFoundError):
    code = "metric_not_found"
    noun = "metric"

    @property
    def hint(self) -> str | None:
        return super().hint or "No metrics job of it has succeeded yet"


class EnvironmentNotFoundError(NotFoundError):
    code = "environment_not_found"
    noun = "environment"

    @property
    def message(self) -> str:
        return f"no environment of {self.name!r} is built"

    @property
    def hint(self) -> str | None:
        return super().hint or "The verb 'env list' shows those that are"


class KernelNotFoundError(NotFoundError):
    code = "kernel_not_found"
    noun = "kernel"

    @property
    def message(self) -> str:
        return f"no kernel of {self.name} runs"


class KernelSpecNotFoundError(NotFoundError):
    code = "kernel_spec_not_found"
    noun = "kernel spec"

    @property
    def message(self) -> str:
        return f"no kernel of {self.name} is installed"


class SentenceError(ModelOpError):
    """An error whose sentence is made where the mistake is known."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)

    @property
    def hint(self) -> str | None:
        hint: str | None = self.args[1]
        return hint


class ConflictError(SentenceError):
    """What was asked for contradicts what is there."""

    code = "conflict"


class InvalidError(SentenceError):
    """What was given cannot be used as it is."""

    code = "invalid"


class UsageMistakeError(InvalidError):
    """A command line that the grammar does not know."""

    code = "usage"


class InvalidNameError(InvalidError):
    """A model name that could not be a file name, a kernel name or part of ``NAME@N``."""

    code = "invalid_name"

    def __init__(self, name: str, suggestion: str) -> None:
        super().__init__(
            f"{name!r} cannot name a model: letters, digits, '.', '_' and '-' only,"
            " beginning with a letter or digit",
            f"Try {suggestion!r}",
        )
        self.name = name
        self.suggestion = suggestion


class NoSourceError(InvalidError):
    """A registration that nothing says the source of: no path, no tagged function in any cell."""

    code = "no_source"


class UnknownRoleError(InvalidError):
    """A word that is no asset role of ModelOp Center."""

    code = "unknown_role"

    def __init__(self, role: str, known: Sequence[str]) -> None:
        close = nearest(role.upper(), known)
        guess = f"Did you mean {close}? The roles are: " if close else "The roles are: "
        super().__init__(f"{role!r} is not an asset role", guess + ", ".join(known))
        self.role = role
        self.known = tuple(known)


class AssetFileError(InvalidError):
    """A file that cannot be taken as an asset."""

    code = "asset_file"

    def __init__(self, path: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"asset {path}: {reason}", hint)
        self.path = path
        self.reason = reason


class LinkOutsideError(InvalidError):
    """A folder with links that lead out of it, so that what is registered is not in it."""

    code = "link_outside"

    def __init__(self, folder: str, links: Sequence[str]) -> None:
        more = f" and {len(links) - _SHOWN} more" if len(links) > _SHOWN else ""
        super().__init__(
            f"{folder}: links lead out of the folder: {', '.join(links[:_SHOWN])}{more}",
            "Copy what they name into the folder; in a notebook or terminal,"
            " 'register NAME PATH --follow-links' takes it from where it lies",
        )
        self.folder = folder
        self.links = tuple(links)


class PickledNameError(InvalidError):
    """A name that a pickle looks up in ``__main__`` and the model does not have."""

    code = "pickled_name"

    def __init__(self, name: str, *, file: str, found: str, remedy: str) -> None:
        super().__init__(
            f"{file} needs {name!r} of the notebook or script that wrote it, but {found}", remedy
        )
        self.name = name
        self.file = file


class InputError(InvalidError):
    """A job input that cannot be read as what it is said to be."""

    code = "input"

    def __init__(self, name: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"input {name}: {reason}", hint)
        self.name = name
        self.reason = reason


class ExpectationError(InvalidError):
    """A rule of ``--expect`` that could not be applied to any result."""

    code = "expectation"

    def __init__(self, rule: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"expectation {rule!r}: {reason}", hint)
        self.rule = rule
        self.reason = reason


class OutputError(ModelOpError):
    """A job's output that could not be put where it was asked for; the job holds it all the same."""

    code = "output"

    def __init__(self, target: str, reason: str, kept: str) -> None:
        super().__init__(target, reason, kept)
        self.target = target
        self.reason = reason
        self.kept = kept

    @property
    def message(self) -> str:
        return f"the output could not be written to {self.target}: {self.reason}"

    @property
    def hint(self) -> str | None:
        return f"The job holds it: {self.kept}"


class TagError(InvalidError):
    """A smart tag that selects no function, or one that selects two."""

    code = "smart_tag"


class UnresolvedNameError(InvalidError):
    """A name that the captured functions need and no cell provides as source."""

    code = "unresolved_name"

    def __init__(self, name: str, *, where: str, line: int, text: str, found: str | None) -> None:
        super().__init__(
            f"{where}, line {line}: {name!r} is needed by the model but "
            + (f"is {found}" if found else "is defined in no executed cell")
            + f"  ({text.strip()})",
            f"Save it as an asset and load it in init, or define {name!r} in a cell of plain source",
        )
        self.name = name
        self.where = where
        self.line = line


class HomeError(ModelOpError):
    """The home folder cannot be used: not writable, full, or damaged."""

    code = "home"
    noun = "home folder"

    def __init__(self, path: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(path, reason, remedy)
        self.path = path
        self.reason = reason
        self.remedy = remedy

    @property
    def message(self) -> str:
        return f"the {self.noun} {self.path} cannot be used: {self.reason}"

    @property
    def hint(self) -> str | None:
        return self.remedy or (
            "Make it writable, free some space, or set MODELOP_HOME to another folder"
        )


class RegistryError(HomeError):
    """The registry's database cannot be used: locked, damaged, out of reach, or too new."""

    code = "registry"
    noun = "registry"


class BlobError(HomeError):
    """A stored file is missing, or is no longer what was stored."""

    code = "blob"
    noun = "stored file"


class EnvironmentBuildError(ModelOpError):
    """A model's environment could not be built; nothing half-built is left behind.

    ``asset`` and ``line`` name the requirement at fault where it is known; ``log`` is the path
    of the whole build log.
    """

    code = "environment_build"

    def __init__(
        self,
        reason: str,
        *,
        remedy: str | None = None,
        asset: str | None = None,
        line: int | None = None,
        requirement: str | None = None,
        log: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.asset = asset
        self.line = line
        self.requirement = requirement
        self.log = log

    @property
    def cause(self) -> str:
        """What is at fault and why, without saying that it is about an environment."""
        where = ""
        if self.asset:
            where = f"{self.asset}, line {self.line}: " if self.line else f"{self.asset}: "
        what = f"{self.requirement}: " if self.requirement else ""
        return f"{where}{what}{self.reason}"

    @property
    def message(self) -> str:
        return f"the environment could not be built: {self.cause}"

    @property
    def hint(self) -> str | None:
        return self.remedy


class JobFailedError(ModelOpError):
    """A job ended in a way that leaves nothing to return."""

    code = "job_failed"

    def __init__(self, job: str, reason: str) -> None:
        super().__init__(job, reason)
        self.job = job
        self.reason = reason

    @property
    def message(self) -> str:
        return f"job {self.job}: {self.reason}"


class DamagedJobError(ModelOpError):
    """A file of a job's folder that is not what was written there, or is not there any more."""

    code = "job_damaged"

    def __init__(self, job: str, file: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(job, file, reason, remedy)
        self.job = job
        self.file = file
        self.reason = reason
        self.remedy = remedy

    @property
    def message(self) -> str:
        return f"{self.file} of job {self.job} cannot be used: {self.reason}"

    @property
    def hint(self) -> str | None:
        return self.remedy or f"'job rerun {self.job}' starts over"


class JobElsewhereError(ConflictError):
    """What was asked of a job needs its files, which are in another home of the same registry."""

    code = "job_elsewhere"

    def __init__(self, job: str, host: str | None, path: str | None) -> None:
        where = f"in {path} on {host}" if host and path else "in the home that it ran in"
        super().__init__(
            f"the files of job {job} are not in this home, but {where}",
            "Look there: the registry that both use has only its status and counts",
        )
        self.job = job
        self.host = host
        self.path = path


class KernelError(SentenceError):
    """An isolated kernel that cannot run, or that has died."""

    code = "kernel"


class MissingExtraError(ModelOpError):
    """A feature whose library is behind an extra that is not installed."""

    code = "missing_extra"

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(feature, extra)
        self.feature = feature
        self.extra = extra

    @property
    def message(self) -> str:
        return f"{self.feature} needs the extra {self.extra!r}"

    @property
    def hint(self) -> str | None:
        return f"pip install 'modelop-jupyter[{self.extra}]'"
