"""``workspace.config``: show and set the user's own defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelop_jupyter import configuration
from modelop_jupyter.configuration import KEYS, ConfiguredValue, Key, ValueKind
from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from modelop_jupyter.storage import Address
    from modelop_jupyter.workspace.home import Home


class ConfigurationApi:
    """The user's own defaults, in the home's file of them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> list[ConfiguredValue]:
        """List all keys with their values, and where these come from."""
        return [self._value(key) for key in KEYS.values()]

    def get(self, key: str) -> ConfiguredValue:
        """Return the value of a key; raises :class:`InvalidError` for one that there is not."""
        return self._value(configuration.key_of(key))

    def set(self, key: str, value: str) -> ConfiguredValue:
        """Store a value, and return what applies now: a variable wins over it.

        Raises :class:`InvalidError` for a value that cannot be used.
        """
        known = configuration.key_of(key)
        configuration.write(self._home.settings.home, known.name, _usable(known, value))
        return self._value(known)

    def unset(self, key: str) -> ConfiguredValue:
        """Take a value out of the file, and return what applies now."""
        known = configuration.key_of(key)
        configuration.write(self._home.settings.home, known.name, None)
        return self._value(known)

    def _value(self, key: Key) -> ConfiguredValue:
        found = self._home.settings.configured(key)
        return replace(found, value=configuration.shown_value(key, found.value))


def chunks_place(value: str) -> Address:
    """Return the prefix for the outputs of chunks; raises :class:`InvalidError` for what is none."""
    from modelop_jupyter.storage import Address

    address = Address.parse(value)
    if address.holds_credentials:
        remedy = (
            f"Leave them out: {address.scheme}:// takes them from your usual files and variables"
        )
        raise InvalidError(f"{address.shown} holds credentials, which are kept nowhere", remedy)
    if address.has_wildcard or address.scheme in ("http", "https"):
        raise InvalidError(
            f"{address.shown} is no place to which objects can be written",
            "Name a prefix, such as s3://bucket/modelop-chunks/",
        )
    return Address(address.scheme, f"{address.text.rstrip('/')}/")


def require_target(word: str) -> str:
    """Return who is to be notified of a job's end; raises :class:`InvalidError` where nobody can be."""
    from modelop_jupyter.domain.notify import DESKTOP, parse_notify
    from modelop_jupyter.jobs.notifications import why_no_desktop

    target = parse_notify(word)
    if target == DESKTOP and (reason := why_no_desktop()):
        raise InvalidError(
            f"notify desktop: {reason}, which shows notifications", "Name an http address"
        )
    return target


def _user_name(value: str) -> str:
    """Return a name for the record; raises :class:`InvalidError` for what is no line of text."""
    name = value.strip()
    if not name or not name.isprintable():
        raise InvalidError(f"user {value!r} is not a name", "Write one line of text, such as ada")
    return name


def _usable(key: Key, value: str) -> str | None:
    """Return a value as it is stored, None for what applies by itself."""
    if key.kind is ValueKind.ENGINE:
        from modelop_jupyter.engines.find import LOCAL, parse_engine

        engine = str(parse_engine(value))
        return None if engine == LOCAL else engine
    if key.kind is ValueKind.PREFIX:
        return None if value == key.default else chunks_place(value).text
    if key.kind is ValueKind.NOTIFY:
        return None if value == key.default else require_target(value)
    if key.kind is ValueKind.USER:
        return None if value == key.default else _user_name(value)
    if configuration.seconds_of(value) is None:
        raise InvalidError(f"{key.name} {value!r} is not a number of seconds", "Write 60")
    return value
