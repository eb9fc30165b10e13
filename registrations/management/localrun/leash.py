"""Processes that do not outlive the one that started them, even when that one is killed without a word."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process the signal `by` when its parent, whose id is `parent`, ends for any reason.

    prctl(2): the setting survives exec and not fork. Only Linux has it; elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(by))
    if os.getppid() != parent:
        os.kill(os.getpid(), by)
