"""A record that cannot be read."""


class Malformed:
    """A record that is none: ``reason`` for the log, ``message`` for people."""

    def __init__(self, reason, message):
        self.reason, self.message = reason, message
