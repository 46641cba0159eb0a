"""Counting and keeping the records that are out, and saying so in ModelOp's words."""

from .errors import describe, said
from .schema import MASK
from .stopping import leave_if_forked


class BadRecords:
    """What becomes of a batch's records that are rejected or failed."""

    def __init__(self, work, journal, output):
        self.work, self.journal, self.output = work, journal, output

    def malformed(self, feed, record, flaw):
        self._rejected("input encoding", flaw.message, flaw.reason, feed, record)

    def misfit(self, feed, record, problem):
        self._rejected("input schema", problem[0] + problem[1], problem[0], feed, record)

    def _rejected(self, stage, message, reason, feed, record):
        self.journal.problem(stage, message, feed.slot, record, log=[rejected(stage, reason)])

    def failed(self, feed, record, error, counted=1):
        """Keep a record whose model raised: it failed once, whatever it had written before."""
        leave_if_forked()
        del self.output.refused[:]
        described = describe(error, self.work)
        log = model_error_log(described)
        self.journal.explain_warning(error)
        self.journal.problem("model", described["message"], feed.slot, record, counted, described, log)

    def doomed(self, feed, record, why):
        """Keep a record that the host tells is not to be tried again."""
        described = {"exception": why["exception"], "message": why["message"], "traceback": None}
        log = model_error_log(described)
        self.journal.problem("model", why["message"], feed.slot, record, 1, described, log)

    def refused(self, feed, record, counted=1):
        """Keep a record some of whose outputs were refused: it is rejected once, for the first of them."""
        refused = self.output.refused[:]
        del self.output.refused[:]
        log = []
        for stage in ("output encoding", "output schema"):
            lines = [rejected(one, reason) for one, _, reason in refused if one == stage]
            if lines:
                log += lines + [("error", "%d output record(s) rejected by %s" % (len(lines), stage.split()[1]))]
        self.journal.problem(refused[0][0], refused[0][1], feed.slot, record, counted, log=log)


def rejected(stage, reason):
    """Return ModelOp's line for a rejected record (spec 2.4); its content is masked."""
    link = " with reason " if stage.endswith("encoding") else ": "
    return "error", "Record rejected by %s%s%s: %s" % (stage.split()[1], link, reason, MASK)


def model_error_log(described):
    """Return ModelOp's two lines for an exception, its spelling included."""
    message = described["message"]
    return [
        ("info", "MODEL-CONSOLE: An error occured when processing the model: " + message),
        ("info", "MODEL-CONSOLE: " + said(described)),
    ]
