"""Input that cannot be read."""

import zlib

DAMAGES = (EOFError, OSError, zlib.error)  # what reading gzip raises


class Malformed:
    """A record that is none: ``reason`` for the log, ``message`` for people."""

    def __init__(self, reason, message):
        self.reason, self.message = reason, message


def damaged(error):
    return Malformed("damaged gzip data", "the compressed data is damaged: %s" % error)
