"""An S3 server of the tests' own on 127.0.0.1 (moto): a process that ends with the tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from .waiting import PATIENCE

_ACCESS_KEY, _SECRET_KEY = "AKIATESTTESTTESTTEST", "secret-of-the-tests"
# The end of its standard input ends it, however the tests end.
_PROGRAM = """\
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(sys.argv[1], 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE", "FSSPEC_S3_ANON")


@dataclass(frozen=True)
class ObjectStore:
    """A running server; its methods speak S3 through boto's own client, not through our code."""

    url: str
    numbers: Iterator[int]

    def variables(self) -> dict[str, str]:
        """Return the variables with which any S3 client, in any process, uses this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": _ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str = "s3") -> Any:
        """Return a client of boto."""
        return _client(service, self.url)

    def new_bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"bucket-{next(self.numbers)}"
        self.client().create_bucket(Bucket=name)
        return name

    def put(self, bucket: str, key: str, content: bytes) -> str:
        """Put an object there and return its address."""
        self.client().put_object(Bucket=bucket, Key=key, Body=content)
        return f"s3://{bucket}/{key}"

    def get(self, bucket: str, key: str) -> bytes:
        """Return what an object holds."""
        content: bytes = self.client().get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def keys(self, bucket: str) -> list[str]:
        """Return the names of a bucket's objects."""
        return [
            each["Key"] for each in self.client().list_objects_v2(Bucket=bucket).get("Contents", [])
        ]

    def unfinished(self, bucket: str) -> list[str]:
        """Return the names of a bucket's uploads that were begun and neither completed nor aborted."""
        found = self.client().list_multipart_uploads(Bucket=bucket)
        return [each["Key"] for each in found.get("Uploads", [])]

    @contextlib.contextmanager
    def permissions(self, *actions: str) -> Iterator[dict[str, str]]:
        """Yield the variables of a user who may do so much, such as ``s3:ListBucket``, and check them."""
        iam, name = self.client("iam"), f"user-{next(self.numbers)}"
        # Within another such block they are checked already.
        self._check_permissions_after("inf")
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._check_permissions_after("0")
        try:
            yield {
                **self.variables(),
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        finally:
            self._check_permissions_after("inf")

    def _check_permissions_after(self, number: str) -> None:
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth",
            data=number.encode(),
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request, timeout=PATIENCE).close()


@cache
def _client(service: str, url: str) -> Any:
    """Return a client of boto; making one takes longer than most tests."""
    import boto3

    return boto3.client(
        service,
        endpoint_url=url,
        aws_access_key_id=_ACCESS_KEY,
        aws_secret_access_key=_SECRET_KEY,
        region_name="us-east-1",
    )


@contextlib.contextmanager
def running(*, address: str = "127.0.0.1", before: Sequence[str] = ()) -> Iterator[ObjectStore]:
    """Start a server, and stop it when the block ends; ``before`` are words before its command."""
    command = [*before, sys.executable, "-W", "ignore", "-c", _PROGRAM, address]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Its own requests do not look for credentials, and IAM asks for none of ours.
        env={**os.environ, "AWS_ACCESS_KEY_ID": _ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": _SECRET_KEY},
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "moto's server did not start: pip install 'moto[server]'"
        try:
            yield ObjectStore(f"http://{address}:{int(port)}", count(1))
        finally:
            process.kill()


@contextlib.contextmanager
def used(store: ObjectStore) -> Iterator[None]:
    """Let this process and its children use a server: the variables that a user would set."""
    import pytest

    with pytest.MonkeyPatch.context() as patch:
        for name in _VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in store.variables().items():
            patch.setenv(name, value)
        yield
