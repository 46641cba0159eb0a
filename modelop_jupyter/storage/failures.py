"""What a driver raises, as an error of ours: one table for all drivers.

Drivers raise classes of their own libraries, often one as the cause of another. They are known here
by name, so that no library is imported to look at an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from modelop_jupyter.errors import (
    AccessDeniedError,
    AddressUnreachableError,
    CredentialsError,
    ModelOpError,
    ObjectChangedError,
    ObjectNotFoundError,
    StorageError,
)
from modelop_jupyter.masking import Masker
from modelop_jupyter.storage.address import Address

Purpose = Literal["read", "list", "write", "remove"]
_PURPOSES: tuple[Purpose, ...] = ("read", "list", "write", "remove")
_VERBS = {"read": "read", "list": "listed", "write": "written", "remove": "removed"}

_NO_CREDENTIALS = {
    "NoCredentialsError": "no credentials were found",
    "PartialCredentialsError": "the credentials are incomplete",
    "CredentialRetrievalError": "the credentials could not be obtained",
    "ProfileNotFound": "the profile in AWS_PROFILE does not exist",
    "TokenRetrievalError": "the login has expired",
    "SSOTokenLoadError": "there is no login",
    "UnauthorizedSSOTokenError": "the login has expired",
    "DefaultCredentialsError": "no credentials were found",
    "RefreshError": "the login has expired",
    "ClientAuthenticationError": "the credentials are refused",
    "CredentialUnavailableError": "no credentials were found",
    "AuthenticationException": "the credentials are refused",
    "PasswordRequiredException": "the private key needs a password",
}
# Codes of S3 that AccessDenied is not.
_REFUSED = {
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "TokenRefreshRequired": "the credentials have expired",
    "InvalidAccessKeyId": "the access key does not exist",
    "InvalidClientTokenId": "the access key does not exist",
    "InvalidToken": "the session token is refused",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}
_UNREACHABLE = {
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "ConnectionClosedError",
    "ReadTimeoutError",
    "ProxyConnectionError",
    "ClientConnectorError",
    "ServerTimeoutError",
    "ServerDisconnectedError",
    "ServiceRequestError",
    "NoValidConnectionsError",
    "FSTimeoutError",
    "ConnectionError",
    "TimeoutError",
    "gaierror",
}
_WHERE_CREDENTIALS_ARE = {
    "s3fs": "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with"
    " 'aws configure'; for a public bucket set FSSPEC_S3_ANON=true",
    "gcsfs": "Sign in with 'gcloud auth application-default login', or set"
    " GOOGLE_APPLICATION_CREDENTIALS",
    "adlfs": "Set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME with a key or token",
    "paramiko": "Put the key into ~/.ssh, or load it with ssh-add",
    "aiohttp": "Put name and password of the host into ~/.netrc",
}


def failure(address: Address, error: Exception, purpose: Purpose) -> ModelOpError:
    """Return the error that a user sees for what a driver raised."""
    if isinstance(error, ModelOpError):
        return error
    shown = address.shown
    chain = list(_causes(error))
    names = [{cls.__name__ for cls in type(each).__mro__} for each in chain]
    status = next((code for each in chain if (code := _status(each)) is not None), None)
    package = address.driver.package or ""
    verb = _VERBS[purpose]

    for each, classes in zip(chain, names, strict=True):
        reason = next((_NO_CREDENTIALS[name] for name in classes if name in _NO_CREDENTIALS), None)
        reason = reason or _REFUSED.get(_code(each))
        if reason:
            return CredentialsError(
                shown, f"cannot be {verb}: {reason}", _WHERE_CREDENTIALS_ARE.get(package)
            )
    if any("FileExpired" in classes for classes in names) or status == 412:
        return changed(shown, "it was replaced while it was read")
    if status == 401:
        return CredentialsError(
            shown,
            f"cannot be {verb}: the server asks for a login",
            _WHERE_CREDENTIALS_ARE.get(package),
        )
    if status in (403, 407) or any(isinstance(each, PermissionError) for each in chain):
        return _denied(address, purpose)
    if any(_UNREACHABLE & classes for classes in names):
        return AddressUnreachableError(
            shown,
            f"cannot be {verb}: {_endpoint(chain) or _server(address)} does not answer",
            "Check the address, the network and the proxy"
            + (", and AWS_ENDPOINT_URL if you use another S3 server" if package == "s3fs" else ""),
        )
    if status in (404, 410) or isinstance(error, FileNotFoundError):
        return ObjectNotFoundError(
            shown, "does not exist", "Look for a typing error; upper and lower case differ"
        )
    text = Masker([address.text])(str(error)).strip().split("\n")[0]
    return StorageError(shown, f"cannot be {verb}: {text or type(error).__name__}")


def changed(shown: str, difference: str) -> ObjectChangedError:
    """Return the error for an object that is no longer what it was."""
    return ObjectChangedError(
        shown,
        f"has changed: {difference}",
        "Start a new job for what is there now",
    )


def _denied(address: Address, purpose: Purpose) -> AccessDeniedError:
    shown, permission = address.shown, address.driver.permissions[_PURPOSES.index(purpose)]
    if address.driver.package == "aiohttp":
        return AccessDeniedError(
            shown,
            permission,
            f"cannot be {_VERBS[purpose]}: {_server(address)} forbids it",
            "Check the address; a link with a signature may have expired",
        )
    hint = f"Ask the owner of {_server(address)} for {permission}"
    if address.driver.package == "s3fs" and purpose == "read":
        hint += "; without s3:ListBucket an object that does not exist is refused in the same way"
    return AccessDeniedError(
        shown,
        permission,
        f"cannot be {_VERBS[purpose]}: your credentials lack the permission {permission!r}",
        hint,
    )


def _server(address: Address) -> str:
    """Return the bucket, container or host as a sentence names it, without a user."""
    return address.container.rpartition("@")[2] or address.scheme


def _endpoint(chain: list[BaseException]) -> str | None:
    """Return the host that botocore could not reach: it depends on variables and profiles."""
    for each in chain:
        kwargs = getattr(each, "kwargs", None)
        url = kwargs.get("endpoint_url") if isinstance(kwargs, dict) else None
        if isinstance(url, str):
            return urlsplit(url).netloc.rpartition("@")[2]
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error of aiohttp, botocore, gcsfs or Azure tells."""
    for name in ("status", "status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        value = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return value if isinstance(value, int) else None
    return None


def _code(error: BaseException) -> str:
    """Return S3's own word for a failure."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
