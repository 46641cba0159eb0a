"""Ask about objects, list and remove them, on an S3 server; and what is said when that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.errors import (
    AccessDeniedError,
    AddressUnreachableError,
    CredentialsError,
    ModelOpError,
    ObjectNotFoundError,
)
from modelop_jupyter.storage import (
    connection,
    exists,
    list_objects,
    remove,
    remove_below,
    stat,
    upload,
)
from tests.object_store import ObjectStore


def test_a_change_is_seen_in_the_state(object_store: ObjectStore, bucket: str) -> None:
    """Also one that keeps the size."""
    address = object_store.put(bucket, "x.json", b"1")
    before = stat(address)
    same = stat(address)
    object_store.put(bucket, "x.json", b"2")

    assert before.size == 1
    assert before.difference(same) is None
    assert "its ETag was" in str(before.difference(stat(address)))


def test_a_listing_and_the_object_agree(object_store: ObjectStore, bucket: str) -> None:
    """Though they tell the time with another precision."""
    address = object_store.put(bucket, "x.json", b"1")
    [listed] = list_objects(f"s3://{bucket}/*.json")

    assert listed.difference(stat(address)) is None


def test_objects_are_listed_by_name(object_store: ObjectStore, bucket: str) -> None:
    """A glob stays in its folder, a prefix goes below; what stands for a folder is left out."""
    for key in ("x/b.csv", "x/a.csv", "x/a b?c#d.csv", "x/below/c.csv", "x/", "y.csv"):
        object_store.put(bucket, key, b"1")

    globbed = [each.address for each in list_objects(f"s3://{bucket}/x/*.csv")]
    below = [each.address for each in list_objects(f"s3://{bucket}/x/")]

    assert globbed == [f"s3://{bucket}/x/{name}.csv" for name in ("a b?c#d", "a", "b")]
    assert below == [*globbed, f"s3://{bucket}/x/below/c.csv"]


def test_removing_takes_the_object_away(object_store: ObjectStore, bucket: str) -> None:
    """Once more is no error."""
    address = object_store.put(bucket, "x.json", b"1")
    remove(address)
    remove(address)

    assert not exists(address)


def test_a_file_address_is_an_object_like_others(tmp_path: Path) -> None:
    """Its time tells a change."""
    path = tmp_path / "x.json"
    path.write_text("1")
    [state] = list_objects(f"file://{tmp_path}/*.json")

    assert state.address == f"file://{path}"
    assert (state.size, state.etag) == (1, None)
    assert state.modified is not None


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("{bucket}/none.json", "none.json does not exist"),
        ("{bucket}/folder", "is not an object, but has objects below it"),
        ("no-such-bucket/x.json", "there is no bucket named 'no-such-bucket'"),
        ("no-such-bucket/*.json", "there is no bucket named 'no-such-bucket'"),
    ],
)
def test_what_is_missing_is_named(
    object_store: ObjectStore, bucket: str, key: str, sentence: str
) -> None:
    """The bucket, or the object in it."""
    object_store.put(bucket, "folder/x.json", b"1")

    with pytest.raises(ObjectNotFoundError) as caught:
        list_objects(f"s3://{key.format(bucket=bucket)}")

    assert sentence in str(caught.value)


def test_a_missing_permission_is_named(
    object_store: ObjectStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that the storage's owner has to grant."""
    address = object_store.put(bucket, "x.json", b"1")
    (tmp_path / "y.json").write_text("2")
    found = {}
    with object_store.permissions("s3:PutBucketTagging") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for verb, call in {
            "read": lambda: stat(address),
            "list": lambda: list_objects(f"s3://{bucket}/*"),
            "write": lambda: upload(tmp_path / "y.json", address),
            "remove": lambda: remove(address),
        }.items():
            with pytest.raises(AccessDeniedError) as caught:
                call()
            found[verb] = caught.value.permission
            assert bucket in str(caught.value)

    assert found == {
        "read": "s3:GetObject",
        "list": "s3:ListBucket",
        "write": "s3:PutObject",
        "remove": "s3:DeleteObject",
    }


def test_missing_credentials_say_where_they_come_from(
    object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read without them, unless the user says that the bucket is public."""
    address = object_store.put(bucket, "x.json", b"1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(CredentialsError) as caught:
        stat(address)

    assert "no credentials were found" in str(caught.value)
    assert "AWS_PROFILE" in str(caught.value)


def test_new_credentials_are_used_at_once(
    object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook's kernel lives long: the user signs in and tries again."""
    address = object_store.put(bucket, "x.json", b"1")
    with monkeypatch.context() as patch:
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(CredentialsError):
            stat(address)

    assert exists(address)


class ForgottenAtOnce(dict[int, object]):
    """File systems that another thread forgets whenever somebody has looked for one."""

    def __contains__(self, key: object) -> bool:
        is_there = super().__contains__(key)
        self.clear()
        return is_there


def test_a_failure_in_another_thread_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one, all file systems are made anew: credentials may be others."""
    (tmp_path / "x.json").write_text("1")
    monkeypatch.setattr(connection, "_FILE_SYSTEMS", ForgottenAtOnce())
    found = [exists(f"file://{tmp_path}/x.json") for _ in range(2)]

    assert found == [True, True]


def test_a_server_that_is_not_there_is_named(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its endpoint, which variables and profiles decide."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(AddressUnreachableError) as caught:
        stat("s3://bucket/x.json")

    assert "127.0.0.1:1 does not answer" in str(caught.value)


def test_a_driver_with_timeouts_may_take_until_these(
    object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have to load its library first, on a machine that others keep busy."""
    address = object_store.put(bucket, "x.json", b"1")
    monkeypatch.setattr(connection, "_ANSWER_SECONDS", 0.0)

    assert exists(address)


def test_a_web_server_that_refuses_shows_no_password() -> None:
    """Neither as part of the address nor of the driver's own words."""
    with pytest.raises(ModelOpError) as caught:
        stat("http://ann:s3cret@127.0.0.1:1/x.json?token=t0ken")

    assert "does not answer" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_all_below_a_prefix_is_removed(object_store: ObjectStore, bucket: str) -> None:
    """Nothing beside it, whose name begins in the same way."""
    for key in ("x/a.json", "x/below/b.json", "x-more/c.json", "x.json"):
        object_store.put(bucket, key, b"1")
    remove_below(f"s3://{bucket}/x/")
    remove_below(f"s3://{bucket}/x/")

    assert object_store.keys(bucket) == ["x-more/c.json", "x.json"]


def test_all_below_a_folder_is_removed(tmp_path: Path) -> None:
    """A disk that several machines share is such a place, too."""
    (tmp_path / "x").mkdir()
    upload(Path(__file__), f"file://{tmp_path}/x/a.json")
    remove_below(f"file://{tmp_path}/x/")
    remove_below(f"file://{tmp_path}/x/")

    assert list(tmp_path.iterdir()) == []


def test_who_may_not_read_an_object_may_write_it(
    object_store: ObjectStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is known, and nothing else of it."""
    (tmp_path / "x.json").write_bytes(b"12")
    with object_store.permissions("s3:PutObject") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        state = upload(tmp_path / "x.json", f"s3://{bucket}/x.json")

    assert (state.size, state.etag) == (2, None)
    assert object_store.get(bucket, "x.json") == b"12"
