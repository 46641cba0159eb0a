"""Whether an interrupt is one of a kernel that ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from modelop_jupyter.magics import job_display


class Clock:
    """Time for a kernel that a busy machine leaves without a processor as soon as it sleeps."""

    def __init__(self, shell: SimpleNamespace, *, ends_in: int | None) -> None:
        self.now = 0.0
        self._shell = shell
        self._ends_in = ends_in
        self._sleeps = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds if self._sleeps else 20.0
        self._sleeps += 1
        if self._sleeps == self._ends_in:
            self._shell.exit_now = True


@pytest.mark.parametrize(("ends_in", "is_ending"), [(1, True), (3, True), (None, False)])
def test_a_kernel_that_stalls_after_an_interrupt_still_sees_that_it_ends(
    monkeypatch: pytest.MonkeyPatch, ends_in: int | None, is_ending: bool
) -> None:
    """The thread that gets the request to end must have run before the job is cancelled."""
    shell = SimpleNamespace(kernel=object(), exit_now=False)
    monkeypatch.setattr(job_display, "time", Clock(shell, ends_in=ends_in))

    assert job_display.is_kernel_ending(shell) is is_ending  # type: ignore[arg-type]
