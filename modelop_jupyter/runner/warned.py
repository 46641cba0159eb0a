"""Warnings of the model."""

import warnings


class WarningsFilter:
    """UserWarnings are told while the model loads, and errors once it works (13.5).

    The filter is put in place before the import, so that one which the model sets itself goes before it.
    """

    def __init__(self, journal):
        self.journal = journal
        with warnings.catch_warnings():  # Python 3.6 writes it otherwise than later ones
            warnings.filterwarnings("always", category=UserWarning)
            self.entry = warnings.filters[0]
        if self.entry not in warnings.filters:  # a warm process has put it in place before its libraries
            warnings.filterwarnings("always", category=UserWarning)
        self.shown_by = warnings.showwarning
        self.watcher = warnings.showwarning = self.show

    def show(self, message, category, filename, lineno, file=None, line=None):
        if issubclass(category, UserWarning):
            self.journal.warnings.append("%s: %s" % (category.__name__, message))
        self.shown_by(message, category, filename, lineno, file, line)

    def make_fatal(self):
        if warnings.showwarning == self.watcher:
            warnings.showwarning = self.shown_by
        if self.entry in warnings.filters:
            place = warnings.filters.index(self.entry)
            warnings.filters[place] = ("error",) + self.entry[1:]
            # Behind the one above it changes nothing, but it makes Python forget what it has cached.
            warnings.filterwarnings("error", category=UserWarning, append=True)
