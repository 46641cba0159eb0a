"""Files that live elsewhere: objects of S3, Google and Azure storage, HDFS, SFTP and web servers.

All of it goes through fsspec (extra ``remote``) and the driver of the address's scheme. Credentials
come from where the driver always finds them, the user's files and variables; nothing here takes, keeps
or shows one.
"""

from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.storage.address import SCHEMES, Address, is_address
from modelop_jupyter.storage.objects import exists, list_objects, remove, remove_below, stat
from modelop_jupyter.storage.reading import BLOCK_SIZE, ObjectFile, open_object
from modelop_jupyter.storage.writing import require_writable, upload, write_object

__all__ = [
    "Address",
    "is_address",
    "SCHEMES",
    "ObjectState",
    "stat",
    "exists",
    "list_objects",
    "remove",
    "remove_below",
    "BLOCK_SIZE",
    "ObjectFile",
    "open_object",
    "require_writable",
    "upload",
    "write_object",
]
