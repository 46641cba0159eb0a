"""Package indexes: pip's configuration, read as pip reads it, and translated for uv.

uv ignores ``pip.conf`` and ``PIP_*``, so a company's own index there would be bypassed. Settings are
passed on as variables, never as arguments: those show in ``ps`` and in the log.
"""

from __future__ import annotations

import configparser
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.domain.requirements import IndexOptions, expand
from modelop_jupyter.environments.installers.pip_config import configuration_files
from modelop_jupyter.masking import Masker, without_credentials

_SECTIONS = ("global", "install")
_OTHER_NAMES = {"default-timeout": "timeout", "pypi-url": "index-url"}
_OPTION_ORIGINS = {"asset_links": "the model's assets"}
_FALSE = frozenset({"", "0", "no", "false", "off", "n", "f"})


@dataclass(frozen=True, slots=True)
class Indexes:
    """Indexes, links, proxy and certificates; ``origin`` has for each setting where it was read.

    The values may hold credentials: they go into a tool's environment and nowhere else.
    ``asset_links`` are folders of the model's assets, ``""`` their root. ``is_offline``: only the
    package cache and local folders are used.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    no_index: bool = False
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: str | None = None
    retries: str | None = None
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    pre: bool = False
    require_hashes: bool = False
    constraints: tuple[str, ...] = ()
    asset_links: tuple[str, ...] = ()
    has_keyring: bool = False
    is_offline: bool = False
    origin: tuple[tuple[str, str], ...] = ()

    def with_options(self, options: IndexOptions, environ: Mapping[str, str]) -> Indexes:
        """Add the options of the model's own requirement files; as in pip, the file wins."""

        def filled(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(expand(value, environ) for value in values)

        origins = [
            (name.replace("_", "-"), _OPTION_ORIGINS.get(name, "the model's requirements"))
            for name in IndexOptions.__dataclass_fields__
            if getattr(options, name)
        ]
        own = expand(options.index_url, environ) if options.index_url else None
        return replace(
            self,
            index_url=own or self.index_url,
            extra_index_urls=(*self.extra_index_urls, *filled(options.extra_index_urls)),
            no_index=self.no_index or options.no_index,
            find_links=(*self.find_links, *filled(options.find_links)),
            trusted_hosts=(*self.trusted_hosts, *filled(options.trusted_hosts)),
            no_binary=(*self.no_binary, *options.no_binary),
            only_binary=(*self.only_binary, *options.only_binary),
            pre=self.pre or options.pre,
            require_hashes=self.require_hashes or options.require_hashes,
            asset_links=options.asset_links,
            origin=(*self.origin, *origins),
        )

    def with_assets(self, folder: Path) -> Indexes:
        """Add the folders of assets that are laid out below a folder."""
        links = [str(folder / link) for link in self.asset_links]
        return replace(self, find_links=(*self.find_links, *links))

    @property
    def urls(self) -> tuple[str, ...]:
        """Every address that may hold credentials."""
        urls = (self.index_url, *self.extra_index_urls, *self.find_links, self.proxy)
        urls = (*urls, *self.constraints)
        return tuple(url for url in urls if url)

    @property
    def masker(self) -> Masker:
        return Masker(self.urls)

    @property
    def meaning(self) -> list[str]:
        """What decides a resolution, without credentials: part of the key of a lock."""
        return [
            f"index {without_credentials(self.index_url or '')}",
            *(f"extra {without_credentials(url)}" for url in self.extra_index_urls),
            *(f"links {without_credentials(url)}" for url in self.find_links),
            f"{self.no_index} {self.pre} {self.require_hashes}",
            f"{sorted(self.no_binary)} {sorted(self.only_binary)} {sorted(self.constraints)}",
        ]

    def uv_variables(self, credentials: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the variables that make uv use these indexes.

        ``credentials`` are addresses whose user part uv needs for files of a lock.
        """
        variables = {"UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
        # pip takes the best version of all indexes. uv's own default stops at the first index
        # that knows the name: an extra index that mirrors half of a project would hide the rest.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if self.index_url and not self.no_index:
            variables["UV_DEFAULT_INDEX"] = self.index_url
        extra = (*(() if self.no_index else self.extra_index_urls), *credentials)
        if extra:
            variables["UV_INDEX"] = " ".join(_without_blanks(url) for url in extra)
        links = [link for link in self.find_links if not _is_missing(link)]
        if links:
            variables["UV_FIND_LINKS"] = ",".join(_without_blanks(link) for link in links)
        if self.trusted_hosts:
            variables["UV_INSECURE_HOST"] = " ".join(self.trusted_hosts)
        if self.cert:
            variables["SSL_CERT_FILE"] = self.cert
        if self.client_cert:
            variables["SSL_CLIENT_CERT"] = self.client_cert
        if self.proxy:
            variables |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), self.proxy)
        if self.timeout:
            variables["UV_HTTP_TIMEOUT"] = self.timeout
        if self.retries:
            variables["UV_HTTP_RETRIES"] = self.retries
        if self.has_keyring:
            variables["UV_KEYRING_PROVIDER"] = "subprocess"
        if self.is_offline:
            variables["UV_OFFLINE"] = "1"
        return variables

    def uv_arguments(self) -> list[str]:
        """Return the options that have no variable."""
        arguments = ["--no-index"] if self.no_index else []
        for name, values in (("no-binary", self.no_binary), ("only-binary", self.only_binary)):
            for value in values:
                arguments += [f"--{name}", value]
        return arguments + (["--prerelease", "allow"] if self.pre else [])

    def pip_variables(self) -> dict[str, str]:
        """Return the variables that make pip use these indexes, and read no configuration file."""
        settings = {
            "INDEX_URL": self.index_url,
            "EXTRA_INDEX_URL": " ".join(self.extra_index_urls),
            # pip cannot install from its cache alone.
            "NO_INDEX": "1" if self.no_index or self.is_offline else None,
            "FIND_LINKS": " ".join(_without_blanks(link) for link in self.find_links),
            "TRUSTED_HOST": " ".join(self.trusted_hosts),
            "CERT": self.cert,
            "CLIENT_CERT": self.client_cert,
            "PROXY": self.proxy,
            "TIMEOUT": self.timeout,
            # With 0 retries, pip prints nothing about an index that it cannot reach.
            "RETRIES": "1" if self.retries == "0" else self.retries,
            "NO_BINARY": ",".join(self.no_binary),
            "ONLY_BINARY": ",".join(self.only_binary),
            "PRE": "1" if self.pre else None,
            "CONSTRAINT": " ".join(self.constraints),
            "KEYRING_PROVIDER": "subprocess" if self.has_keyring else None,
            "CONFIG_FILE": os.devnull,
            "NO_INPUT": "1",
            "DISABLE_PIP_VERSION_CHECK": "1",
        }
        return {f"PIP_{name}": value for name, value in settings.items() if value}

    def describe(self) -> list[str]:
        """Return one line for the log for each setting, and where it comes from."""
        lines = []
        for name, origin in self.origin:
            attribute = {
                "extra-index-url": "extra_index_urls",
                "trusted-host": "trusted_hosts",
                "constraint": "constraints",
            }.get(name, name.replace("-", "_"))
            value = getattr(self, attribute, "")
            shown = " ".join(value) if isinstance(value, tuple) else str(value)
            if name == "asset-links":
                name, shown = "find-links", " ".join(link or "." for link in value)
            lines.append(f"{name} = {shown}   (from {origin})")
        if self.is_offline:
            lines.append("offline: only the package cache and local folders are used")
        # uv refuses what pip passes over.
        lines += [f"find-links: {link} is missing" for link in self.find_links if _is_missing(link)]
        return [self.masker(line) for line in dict.fromkeys(lines)]


def read_indexes(environ: Mapping[str, str]) -> Indexes:
    """Read pip's files and ``PIP_*``; for each setting the most important place wins."""
    settings: dict[str, tuple[str, str]] = {}
    for path in configuration_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(path.read_text("utf-8"))
        except (OSError, UnicodeError, configparser.Error):
            # Unreadable: pip itself warns the user on every call.
            continue
        for section in _SECTIONS:
            if parser.has_section(section):
                for name, value in parser.items(section):
                    settings[_setting(name)] = (value, str(path))
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            settings[_setting(name[4:])] = (value, name)
    provider = settings.get("keyring-provider", ("", ""))[0]
    return replace(
        _indexes(settings),
        # Run by hand, pip asks a keyring by itself; uv must be told, and pip without a terminal.
        has_keyring=provider != "disabled"
        and bool(shutil.which("keyring", path=environ.get("PATH", ""))),
        is_offline=environ.get("MODELOP_OFFLINE", "").lower() not in _FALSE,
    )


def _setting(name: str) -> str:
    name = name.lower().replace("_", "-")
    return _OTHER_NAMES.get(name, name)


def _indexes(settings: Mapping[str, tuple[str, str]]) -> Indexes:
    def one(name: str) -> str | None:
        return settings.get(name, ("", ""))[0].strip() or None

    def many(name: str) -> tuple[str, ...]:
        return tuple(settings.get(name, ("", ""))[0].split())

    def names(name: str) -> tuple[str, ...]:
        return tuple(settings.get(name, ("", ""))[0].replace(",", " ").split())

    def yes(name: str) -> bool:
        return (one(name) or "").lower() not in _FALSE

    known = (
        "index-url extra-index-url no-index find-links trusted-host cert client-cert proxy timeout"
        " retries no-binary only-binary pre require-hashes constraint"
    ).split()
    return Indexes(
        index_url=one("index-url"),
        extra_index_urls=many("extra-index-url"),
        no_index=yes("no-index"),
        find_links=many("find-links"),
        trusted_hosts=many("trusted-host"),
        cert=one("cert"),
        client_cert=one("client-cert"),
        proxy=one("proxy"),
        timeout=one("timeout"),
        retries=one("retries"),
        no_binary=names("no-binary"),
        only_binary=names("only-binary"),
        pre=yes("pre"),
        require_hashes=yes("require-hashes"),
        constraints=many("constraint"),
        origin=tuple((name, settings[name][1]) for name in known if name in settings),
    )


def _is_missing(link: str) -> bool:
    """Say whether a link is a folder that does not exist."""
    return "://" not in link and not Path(link).expanduser().exists()


def _without_blanks(text: str) -> str:
    """Return an address without blanks and commas, which separate the items of the tools' lists."""
    if "://" not in text:
        text = Path(text).expanduser().absolute().as_uri()
    return text.replace(" ", "%20").replace(",", "%2C")
