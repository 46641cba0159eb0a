"""The environment variable that marks all processes of a job, also those that detached themselves."""

from __future__ import annotations

MARK = "MODELOP_JOB_ID"
# What it holds in a process that waits for jobs: room for the mark of any job.
WAITING = "0" * 64
