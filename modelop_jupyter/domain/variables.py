"""Select which of the user's environment variables a child process is given, openly or privately.

The environment of a process can be read by every other process of the same user
(``/proc/PID/environ``), so also by a model. Variables that may be secret are therefore handed over a
pipe to the processes that fetch packages or open the registry (``engines/private_environment.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Where things are on this machine: every program may know it.
_SYSTEM = frozenset(
    """
    PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMP TEMP TMPDIR TERM
    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR LD_LIBRARY_PATH
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES
    USERPROFILE HOMEDRIVE HOMEPATH NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE
    """.split()
)
# What a process of ours needs besides, to be the same Python with the same settings.
_OWN_VARIABLES = frozenset(
    """
    PYTHONPATH PYTHONHOME PYTHONPYCACHEPREFIX PYENV_ROOT CUDA_VISIBLE_DEVICES
    MODELOP_HOME MODELOP_ACCELERATORS MODELOP_WARM MODELOP_PREPARE MODELOP_OFFLINE MODELOP_FAULT
    MODELOP_SHARED_LIMIT MODELOP_ENGINE_WAIT MODELOP_ENVIRONMENTS
    UV_PYTHON_INSTALL_DIR
    """.split()
)
# The network, compilers, keyrings and git: addresses among them may hold a password.
_BUILD_VARIABLES = frozenset(
    """
    DBUS_SESSION_BUS_ADDRESS PYTHON_KEYRING_BACKEND
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    CURL_CA_BUNDLE NETRC SSH_AUTH_SOCK SSH_AGENT_PID GIT_SSL_CAINFO GIT_SSH GIT_SSH_COMMAND
    CC CXX FC AR LD CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS PKG_CONFIG_PATH SDKROOT
    MACOSX_DEPLOYMENT_TARGET ARCHFLAGS LIBRARY_PATH CPATH CUDA_HOME
    """.split()
)
# Where pip looks for its settings, and what Dask and drivers of databases read.
_PRIVATE = frozenset(
    "XDG_CONFIG_DIRS MODELOP_REGISTRY_URL MODELOP_BLOBS_URL UV_CACHE_DIR TNS_ADMIN ORACLE_HOME".split()
)
_PRIVATE_BEGINNINGS = ("PIP_", "DASK_", "PG", "MYSQL_", "KRB5")


# What reads and writes remote storage: of the user's, so only where a job has an
# address, or homes share their files.
_OF_STORAGE = (
    *("AWS_", "FSSPEC_", "BOTO_", "GOOGLE_", "GCLOUD_", "GCSFS_", "CLOUDSDK_", "AZURE_"),
    *("HADOOP_", "CLASSPATH", "JAVA_HOME", "ARROW_LIBHDFS_DIR"),
)


def of_storage(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that drivers of remote storage read."""
    return tuple(name for name in environ if name.upper().startswith(_OF_STORAGE))


def for_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program that uses no network, such as another Python."""
    return {name: value for name, value in environ.items() if _is_of_system(name)}


def for_builds(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a tool that fetches and builds packages, without those of the indexes."""
    return {
        name: value
        for name, value in environ.items()
        if _is_of_system(name) or name.upper() in _BUILD_VARIABLES
    }


def plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a process of ours is started with; every process of the user may read them."""
    return {name: value for name, value in environ.items() if _is_plain(name)}


def private(environ: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that are handed over in private; ``more`` are names that requirements use."""
    wanted = {*more}
    return {
        name: value
        for name, value in environ.items()
        if not _is_plain(name)
        and (
            name in wanted
            or name.upper() in _BUILD_VARIABLES
            or name in _PRIVATE
            or name.startswith(_PRIVATE_BEGINNINGS)
        )
    }


def _is_plain(name: str) -> bool:
    return _is_of_system(name) or name.upper() in _OWN_VARIABLES


def _is_of_system(name: str) -> bool:
    return name.upper() in _SYSTEM or name.startswith("LC_")
