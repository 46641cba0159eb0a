"""All errors that are shown to users: each has its data, a message, a hint and a stable code.

The message says what went wrong and where; the hint says what to do, and the remedies are the commands
that do it. Each front door maps the classes
by a table of its own (CLI: exit code, magic: ``UsageError``, server: HTTP status), never by the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Literal

from modelop_jupyter.masking import mask
from modelop_jupyter.remedies import Remedy

_LISTED_NAMES = 8
_MIN_SIMILARITY = 0.75
_MIN_SIMILARITY_OF_SCHEMES = 0.5
_MIN_PREFIX = 3


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to a mistyped one; None if none is similar.

    Similar means: one wrong letter in four or five, two letters in the wrong order, another case, or
    the start of exactly one known word. A more distant guess would mislead.
    """
    import difflib

    names = list(known)
    folded = {name.casefold(): name for name in reversed(names)}
    matches = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=_MIN_SIMILARITY)
    # Two swapped letters are more than a quarter of a short word.
    matches += [name for name in folded if sorted(name) == sorted(word.casefold())]
    if matches:
        return folded[matches[0]]
    with_prefix = [
        name
        for name in names
        if len(word) >= _MIN_PREFIX and name.casefold().startswith(word.casefold())
    ]
    return with_prefix[0] if len(with_prefix) == 1 else None


class StoppedError(Exception):
    """Work was ended, as somebody asked for it: nobody has to be shown an error."""


class ModelOpError(Exception):
    """The base class: an error with a message that tells a user what to do."""

    code = "error"

    @property
    def message(self) -> str:
        """What went wrong and where, in one sentence without a full stop."""
        return str(self.args[0]) if self.args else "an error occurred"

    @property
    def hint(self) -> str | None:
        """What to do about it, in one sentence without a full stop."""
        return None

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """The commands that mend it; empty where none is known."""
        return ()

    def __str__(self) -> str:
        return mask(
            " ".join(
                part if part.endswith("?") else part.rstrip(".") + "."
                for part in (self.message, self.hint)
                if part
            )
        )

    def to_wire(self) -> dict[str, Any]:
        """Return ``{code, message, hint}``, which REST, events and ``--json`` have.

        Where there are remedies, they are a list under ``remedies``.
        """
        hint = mask(self.hint) if self.hint else self.hint
        sentences = {"code": self.code, "message": mask(self.message), "hint": hint}
        if not self.remedies:
            return sentences
        return {**sentences, "remedies": [asdict(remedy) for remedy in self.remedies]}


class NotFoundError(ModelOpError):
    """Something that the user named does not exist; ``known`` are the names that do."""

    code = "not_found"
    noun = "object"

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
        return (
            f"Known {self.noun}s: {', '.join(self.known[:_LISTED_NAMES])}" if self.known else None
        )


class ModelNotFoundError(NotFoundError):
    code = "model_not_found"
    noun = "model"


class SnapshotNotFoundError(NotFoundError):
    code = "snapshot_not_found"
    noun = "snapshot"


class AliasNotFoundError(NotFoundError):
    """An alias that a model does not have; ``name`` and ``known`` are written ``NAME@ALIAS``."""

    code = "alias_not_found"
    noun = "alias"

    @property
    def hint(self) -> str | None:
        model, _, word = self.name.partition("@")
        # Only the word is compared: a long name would make any two of them similar.
        close = nearest(word, [ref.partition("@")[2] for ref in self.known])
        if close:
            return f"Did you mean '{model}@{close}'?"
        if self.known:
            return f"Known aliases: {', '.join(self.known[:_LISTED_NAMES])}"
        return f"'alias {model} {word} @N' gives it to a snapshot"


class AssetNotFoundError(NotFoundError):
    code = "asset_not_found"
    noun = "asset"


class JobNotFoundError(NotFoundError):
    code = "job_not_found"
    noun = "job"

    @property
    def hint(self) -> str | None:
        return "The first four digits of an id are enough"

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        return (Remedy("List the jobs", (("jobs",),)),)


class MetricNotFoundError(NotFoundError):
    code = "metric_not_found"
    noun = "metric"

    @property
    def hint(self) -> str | None:
        return super().hint or "The model has no successful metrics job yet"


class EnvironmentNotFoundError(NotFoundError):
    code = "environment_not_found"
    noun = "environment"

    @property
    def message(self) -> str:
        return f"the environment of {self.name!r} is not built"

    @property
    def hint(self) -> str | None:
        return super().hint or "'env list' lists the built environments"


class KernelNotFoundError(NotFoundError):
    code = "kernel_not_found"
    noun = "kernel"

    @property
    def message(self) -> str:
        return f"no kernel of {self.name} is running"


class KernelSpecNotFoundError(NotFoundError):
    code = "kernel_spec_not_found"
    noun = "kernel spec"

    @property
    def message(self) -> str:
        return f"no kernel of {self.name} is installed"


class ConnectionNotFoundError(NotFoundError):
    """A database that no environment variable gives an address."""

    code = "connection_not_found"
    noun = "connection"

    def __init__(self, name: str, known: Sequence[str], variable: str) -> None:
        super().__init__(name, known)
        self.variable = variable

    @property
    def hint(self) -> str | None:
        setting = f"et {self.variable} to its address, such as postgresql://host/db"
        hint = super().hint
        if hint is None:
            return f"S{setting}"
        return hint if hint.endswith("?") else f"{hint}; or s{setting}"


class SentenceError(ModelOpError):
    """An error whose message, hint and remedies are written where it is raised."""

    def __init__(
        self, message: str, hint: str | None = None, *, remedies: Sequence[Remedy] = ()
    ) -> None:
        super().__init__(message, hint)
        self._remedies = tuple(remedies)

    @property
    def hint(self) -> str | None:
        hint: str | None = self.args[1]
        return hint

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        return self._remedies


class ConflictError(SentenceError):
    """A request that contradicts the current state."""

    code = "conflict"


class InvalidError(SentenceError):
    """A value that cannot be used as it is."""

    code = "invalid"


class SearchQueryError(InvalidError):
    """A search for models that cannot be understood; ``place`` counts its characters from 1."""

    code = "search_query"

    def __init__(self, token: str, place: int, reason: str, hint: str | None) -> None:
        super().__init__(f"{token!r} at character {place} of the search {reason}", hint)
        self.token, self.place, self.reason = token, place, reason


class UsageMistakeError(InvalidError):
    """A command line that the grammar does not allow."""

    code = "usage"


class InvalidNameError(InvalidError):
    """A model name that is not usable as a file name, a kernel name and in ``NAME@N``."""

    code = "invalid_name"

    def __init__(self, name: str, suggestion: str) -> None:
        super().__init__(
            f"{name!r} is not a valid model name: use only letters, digits, '.', '_' and '-', and"
            " start with a letter or digit",
            f"Try {suggestion!r}",
        )
        self.name = name
        self.suggestion = suggestion


class NoSourceError(InvalidError):
    """A registration without a source: no path, and no tagged function in any cell."""

    code = "no_source"


class UnknownRoleError(InvalidError):
    """A word that is not an asset role of ModelOp Center."""

    code = "unknown_role"

    def __init__(self, role: str, known: Sequence[str]) -> None:
        close = nearest(role.upper(), known)
        guess = f"Did you mean {close}? The roles are: " if close else "The roles are: "
        super().__init__(f"{role!r} is not an asset role", guess + ", ".join(known))
        self.role = role
        self.known = tuple(known)


class AssetFileError(InvalidError):
    """A file that cannot be an asset."""

    code = "asset_file"

    def __init__(self, path: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"asset {path}: {reason}", hint)
        self.path = path
        self.reason = reason


class LinkOutsideError(InvalidError):
    """A folder with links to files outside of it."""

    code = "link_outside"

    def __init__(self, folder: str, links: Sequence[str]) -> None:
        more = f" and {len(links) - _LISTED_NAMES} more" if len(links) > _LISTED_NAMES else ""
        super().__init__(
            f"{folder}: links to files outside of the folder: {', '.join(links[:_LISTED_NAMES])}{more}",
            "Copy the linked files into the folder; in a notebook or terminal,"
            " 'register NAME PATH --follow-links' registers them from where they are",
        )
        self.folder = folder
        self.links = tuple(links)


class PickledNameError(InvalidError):
    """A name that a pickle looks up in ``__main__``, and that the model does not define."""

    code = "pickled_name"

    def __init__(self, name: str, *, file: str, reason: str, remedy: str) -> None:
        super().__init__(
            f"{file} needs {name!r} of the notebook or script that wrote it, but {reason}", remedy
        )
        self.name = name
        self.file = file


class InputError(InvalidError):
    """A job input that does not exist, or that cannot be read in its format."""

    code = "input"

    def __init__(
        self,
        name: str,
        reason: str,
        hint: str | None = None,
        *,
        remedies: Sequence[Remedy] = (),
    ) -> None:
        super().__init__(f"input {name}: {reason}", hint, remedies=remedies)
        self.name = name
        self.reason = reason


class ExpectationError(InvalidError):
    """A rule of ``--expect`` that is invalid for every result."""

    code = "expectation"

    def __init__(self, rule: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"expectation {rule!r}: {reason}", hint)
        self.rule = rule
        self.reason = reason


class OutputError(ModelOpError):
    """A job's output that could not be written to its target; ``kept`` is the file that has it."""

    code = "output"

    def __init__(self, target: str, reason: str, kept: str, remedy: str | None = None) -> None:
        super().__init__(target, reason, kept, remedy)
        self.target = target
        self.reason = reason
        self.kept = kept
        self.remedy = remedy

    @property
    def message(self) -> str:
        return f"the output could not be written to {self.target}: {self.reason}"

    @property
    def hint(self) -> str | None:
        return f"The output is kept in {self.kept}" + (f"; {self.remedy}" if self.remedy else "")


class ColumnsError(ModelOpError):
    """A part of a shared input whose records have other columns than the CSV output begins with.

    ``record`` is the first one of that part that was written; None where that is not known.
    """

    code = "output_columns"

    def __init__(
        self, record: int | None, after: int, columns: Sequence[str], header: Sequence[str]
    ) -> None:
        super().__init__(record, after, columns, header)
        self.record = record
        self.after = after
        self.columns = tuple(columns)
        self.header = tuple(header)

    @property
    def message(self) -> str:
        where = f"a record from {self.after} on" if self.record is None else f"record {self.record}"
        return (
            f"the output of {where} has other columns ({_listed(self.columns)}) than the CSV file"
            f" begins with ({_listed(self.header)}), and several workers cannot put it into these"
        )

    @property
    def hint(self) -> str | None:
        return (
            "Let the model give each record the same fields in the same order, write JSON, or run it"
            " with --workers 1"
        )


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - _LISTED_NAMES} more"] if len(names) > _LISTED_NAMES else []
    return ", ".join([*names[:_LISTED_NAMES], *more])


class TagError(InvalidError):
    """A smart tag that selects no function, or two."""

    code = "smart_tag"


class UnresolvedNameError(InvalidError):
    """A name that the captured functions need, and that no cell defines in source code.

    ``value`` describes the name's value in the session, None if it is not defined there.
    ``offered_as``: its value can stand in the module as a literal, or be a file that this loads;
    ``no_literal`` says why it is no literal. ``setter`` is a function of the notebook that sets the
    name as a global.
    """

    code = "unresolved_name"

    def __init__(
        self,
        name: str,
        *,
        where: str,
        line: int,
        text: str,
        value: str | None,
        offered_as: Literal["literal", "file"] | None = None,
        no_literal: str | None = None,
        setter: str | None = None,
    ) -> None:
        super().__init__(
            f"{where}, line {line}: {name!r} is needed by the model but "
            + (f"is {value}" if value else "is defined in no executed cell")
            + f"  ({text.strip()})",
            _remedy_for_setter(setter)
            if setter
            else _remedy_for_name(name, offered_as=offered_as, no_literal=no_literal),
        )
        self.name = name
        self.where = where
        self.line = line


def _remedy_for_setter(function: str) -> str:
    return (
        f"{function} sets it: use {function} as init (--init {function}, or # modelop.init above its"
        " def)"
    )


def _remedy_for_name(
    name: str, *, offered_as: Literal["literal", "file"] | None, no_literal: str | None
) -> str:
    if offered_as == "literal":
        return (
            "Register with --yes, or tick its value in the form, to write the value into the module;"
            " or save it as an asset and load it in init"
        )
    remedy = (
        f"Save it as an asset and load it in init, or define {name!r} in a cell as a constant or"
        " function"
    )
    if offered_as == "file":
        remedy = (
            "Register with --yes, or save its value in the form, to make it a file of the model that"
            " the module loads"
        )
    if no_literal:
        remedy += f"; its value cannot stand in the module, as {no_literal}"
    return remedy


class HomeError(ModelOpError):
    """The home folder cannot be used: it is not writable, full, or damaged."""

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
    """The registry's database cannot be used: it is locked, damaged, unreachable, or too new."""

    code = "registry"
    noun = "registry"


class BlobError(HomeError):
    """A stored file is missing or damaged."""

    code = "blob"
    noun = "stored file"


class SharedFilesError(HomeError):
    """What homes share at ``MODELOP_BLOBS_URL`` cannot be read or written; ``path`` is that address."""

    code = "shared_files"

    @property
    def message(self) -> str:
        return f"the files that homes share at {self.path} cannot be used: {self.reason}"

    @property
    def hint(self) -> str | None:
        return self.remedy or (
            "Check MODELOP_BLOBS_URL and your access to it; what this home has works without it"
        )


class EnvironmentBuildError(ModelOpError):
    """A model's environment could not be built; no incomplete environment is left behind.

    ``requirement`` caused the failure, in line ``line`` of ``asset``, where that is known; ``log`` is
    the path of the build log.
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
        """The requirement and the reason, without "the environment could not be built"."""
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


class PackagesUnavailableError(EnvironmentBuildError):
    """A file that a lock names cannot be had: no index answers, or it has no such file.

    The same file from another machine would do.
    """


class PythonNotFoundError(EnvironmentBuildError):
    """No Python of a version is on this machine; ``installable`` is the version that uv may install."""

    def __init__(self, reason: str, *, remedy: str, installable: str | None) -> None:
        super().__init__(reason, remedy=remedy)
        self.installable = installable


class PythonMissingError(EnvironmentBuildError):
    """The Python that a lock was made for is not on this machine."""


class JobFailedError(ModelOpError):
    """A job that has no result to return."""

    code = "job_failed"

    def __init__(self, job: str, reason: str) -> None:
        super().__init__(job, reason)
        self.job = job
        self.reason = reason

    @property
    def message(self) -> str:
        return f"job {self.job}: {self.reason}"


class DamagedJobError(ModelOpError):
    """A file of a job's folder that is damaged or missing."""

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
        return self.remedy or "Run the job again"

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        return () if self.remedy else (Remedy("Run again", (("job", "rerun", self.job),)),)


class JobElsewhereError(ConflictError):
    """A job whose files are in another home that uses the same registry."""

    code = "job_elsewhere"

    def __init__(
        self,
        job: str,
        host: str | None,
        path: str | None,
        *,
        what: str = "the files",
        reason: str = "",
        remedy: str | None = None,
    ) -> None:
        where = f"in {path} on {host}" if host and path else "in the home where it ran"
        super().__init__(
            f"{what} of job {job} are not in this home, but {where}{reason}",
            remedy or "Use that home; with MODELOP_BLOBS_URL homes share what ended jobs have left",
        )
        self.job = job
        self.host = host
        self.path = path


class EngineError(ModelOpError):
    """An engine that cannot be used: its address, what is wrong, and what to do."""

    code = "engine"

    def __init__(self, engine: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(engine, reason, remedy)
        self.engine = engine
        self.reason = reason
        self.remedy = remedy

    @property
    def message(self) -> str:
        return f"the engine {self.engine} cannot be used: {self.reason}"

    @property
    def hint(self) -> str | None:
        return self.remedy


class EngineLostError(EngineError):
    """An engine whose cluster no longer answers."""

    code = "engine_lost"

    @property
    def message(self) -> str:
        return f"the engine {self.engine} does not answer any more: {self.reason}"


class KernelError(SentenceError):
    """An isolated kernel that cannot run, or has died."""

    code = "kernel"


class MissingExtraError(ModelOpError):
    """A feature that needs an extra of this package that is not installed."""

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


class MissingLibraryError(MissingExtraError):
    """A feature that needs a library of the user's own choice, which is no extra of this package."""

    code = "missing_library"

    @property
    def message(self) -> str:
        return f"{self.feature} needs {self.extra}, which is not installed in this Python"

    @property
    def hint(self) -> str | None:
        return f"pip install {self.extra}"


class TableKindError(InvalidError):
    """A word that is no kind of table."""

    code = "table_kind"

    def __init__(self, kind: str, kinds: Sequence[str]) -> None:
        super().__init__(f"{kind!r} is no kind of table", f"There are {', '.join(kinds)}")


class MissingDriverError(MissingExtraError):
    """An address whose scheme needs a package that is not installed; ``package`` is beyond the extra."""

    code = "missing_driver"

    def __init__(self, address: str, extra: str, package: str | None = None) -> None:
        super().__init__(address, extra)
        self.address = address
        self.package = package

    @property
    def message(self) -> str:
        if self.package is None:
            return super().message
        return f"{self.address} needs the package {self.package!r}"

    @property
    def hint(self) -> str | None:
        extra = f"pip install 'modelop-jupyter[{self.extra}]'"
        return extra if self.package is None else f"{extra} {self.package}"


class CronError(InvalidError):
    """A text that is no cron expression."""

    code = "cron"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            f"{text!r} is not a cron expression: {reason}",
            'Write minute, hour, day of the month, month and day of the week, such as "0 6 * * *"',
        )
        self.text = text
        self.reason = reason


class SchedulerError(SentenceError):
    """Neither cron nor systemd does what a schedule needs."""

    code = "scheduler"


class ScheduleNotFoundError(NotFoundError):
    code = "schedule_not_found"
    noun = "schedule"


class AddressError(InvalidError):
    """An address of remote storage that cannot be used as it is."""

    code = "address"

    def __init__(self, address: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{address} {reason}", hint)
        self.address = address
        self.reason = reason


class UnknownSchemeError(AddressError):
    """An address with a scheme that nothing here reads."""

    code = "unknown_scheme"

    def __init__(self, address: str, scheme: str, known: Sequence[str]) -> None:
        import difflib

        # Of so few and such short words, one that is half like it is what was meant.
        similar = difflib.get_close_matches(scheme, known, n=1, cutoff=_MIN_SIMILARITY_OF_SCHEMES)
        close = nearest(scheme, known) or next(iter(similar), None)
        super().__init__(
            address,
            f"cannot be used: {scheme}:// is not a known scheme",
            f"Did you mean {close}://?"
            if close
            else "There are " + ", ".join(f"{name}://" for name in known),
        )
        self.scheme = scheme
        self.known = tuple(known)


class StorageError(SentenceError):
    """Remote storage that did not do what was asked; ``address`` holds no credentials."""

    code = "storage"

    def __init__(self, address: str, reason: str, hint: str | None = None) -> None:
        super().__init__(f"{address} {reason}", hint)
        self.address = address
        self.reason = reason


class ObjectNotFoundError(StorageError):
    """A bucket or object that is not there."""

    code = "object_not_found"


class AccessDeniedError(StorageError):
    """An address for which the credentials lack a permission; ``permission`` is its name there."""

    code = "access_denied"

    def __init__(self, address: str, permission: str, reason: str, hint: str | None = None) -> None:
        super().__init__(address, reason, hint)
        self.permission = permission


class CredentialsError(StorageError):
    """Credentials that are missing, incomplete, expired or wrong."""

    code = "credentials"


class AddressUnreachableError(StorageError):
    """An address whose server does not answer."""

    code = "address_unreachable"


class ObjectChangedError(StorageError):
    """An object that is no longer what it was when the job was submitted."""

    code = "object_changed"


class DeploymentNotFoundError(NotFoundError):
    """A model that is not deployed."""

    code = "deployment_not_found"
    noun = "deployment"

    @property
    def message(self) -> str:
        return f"{self.name} is not deployed"

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        return (Remedy("Deploy it", (("deploy", self.name),)),)


class DeploymentFailedError(ModelOpError):
    """A snapshot that could not be deployed; ``reason_code`` is the code of the reason.

    ``traceback`` has the model's own frames, ``console`` the end of what it printed.
    """

    code = "deployment_failed"

    def __init__(
        self,
        ref: str,
        reason_code: str,
        reason: str,
        remedy: str | None = None,
        *,
        traceback: str | None = None,
        console: str | None = None,
    ) -> None:
        super().__init__(ref, reason_code, reason, remedy)
        self.ref, self.reason_code, self.reason, self.remedy = ref, reason_code, reason, remedy
        self.traceback, self.console = traceback, console

    @property
    def message(self) -> str:
        return f"{self.ref} was not deployed: {self.reason}"

    @property
    def hint(self) -> str | None:
        return self.remedy

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        name = self.ref.partition("@")[0]
        return (Remedy("Show its log", (("deployment", "log", name),)),)


class PortTakenError(ConflictError):
    """A port on which another program listens; ``owner`` names that, None where it is not known."""

    code = "port_taken"

    def __init__(self, port: int, owner: str | None) -> None:
        super().__init__(
            f"port {port} is taken by {owner or 'another program'}",
            "Choose another one, or leave --port out, which takes the first free one",
        )
        self.port, self.owner = port, owner


class DeploymentDownError(ConflictError):
    """A deployment that answers no requests at the moment."""

    code = "deployment_down"

    def __init__(self, name: str, state: str) -> None:
        super().__init__(f"{name} answers no requests: it is {state}", None)
        self.name, self.state = name, state

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        return (Remedy("Deploy it again", (("deploy", self.name),)),)


class DeploymentElsewhereError(ConflictError):
    """A deployment whose processes are on another machine, or in another home, of this registry."""

    code = "deployment_elsewhere"

    def __init__(self, name: str, home: str) -> None:
        super().__init__(f"{name} is deployed in {home}", "Use that home")
        self.name, self.home = name, home
