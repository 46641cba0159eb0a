"""A blob store that leaves the one below it as it is: for what may never be recorded."""

from __future__ import annotations

from pathlib import Path

from modelop_jupyter.registry.blobs import BlobStore, digest_of_regular_file


class ScratchBlobs(BlobStore):
    """Reads what another store has; new bytes go to a folder of its own, and files stay where they are.

    A file of the user is only hashed and read again where it lies: a preview of a model of gigabytes
    copies none of them.
    """

    def __init__(self, root: Path, base: BlobStore) -> None:
        super().__init__(root, **base.surroundings)
        self._base = base
        self._files: dict[str, Path] = {}

    def path(self, digest: str) -> Path:
        """Return the path of the bytes of this digest: here, in the store below, or the user's file."""
        own = self.place_of(digest)
        found = (own, self._base.path(digest), self._files.get(digest, own))
        return next((path for path in found if path.is_file()), own)

    def put_file(self, path: Path, *, below: Path | None = None) -> tuple[str, int]:
        """Remember a file by the digest of its bytes; raises what :meth:`BlobStore.put_file` does."""
        if path.is_relative_to(self.root):
            # It came as a stream, and is removed.
            return super().put_file(path, below=below)
        digest, size = digest_of_regular_file(path, below)
        self._files[digest] = path.absolute()
        return digest, size

    def _move_away(self, path: Path) -> None:
        """Leave damaged bytes where they are: they are not this store's."""
