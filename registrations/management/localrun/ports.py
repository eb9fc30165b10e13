"""Ports on this machine's loopback address."""

from __future__ import annotations

import re
import socket

LOOPBACK = "127.0.0.1"
_HIGHEST = 65535


def number(text: str) -> int:
    """The TCP port that is written there. Raises ValueError, saying what was wanted."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= _HIGHEST:
        raise ValueError(f"a number from 1 to {_HIGHEST}, not “{text}”")
    return int(text)


def is_free(port: int) -> bool:
    """Nothing listens at the port. A connection that is still being closed does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """That many different ports which nothing listens at."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
