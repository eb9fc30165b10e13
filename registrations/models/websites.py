"""Websites as browsers name them: an origin is scheme, host and port, and nothing else."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import idna

MAX_WEBSITES = 20

# What may stand in a header unquoted: letters, digits, dots and hyphens, or an address in brackets.
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_PORTS = {"https": 443, "http": 80}


def origin_of(address: str) -> str:
    """The origin of an address, as a browser would send it: `https://www.example.org`. Raises ValueError.

    Only https, but for this machine itself: what somebody types must not travel in the open.
    """
    parts = urlsplit(address.strip())
    host, port = _host(parts.hostname or ""), parts.port
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise ValueError("not the address of a website")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ValueError("not https")
    return f"{parts.scheme}://{host}" if port in (None, _PORTS[parts.scheme]) else f"{parts.scheme}://{host}:{port}"


def origins(lines: str) -> tuple[str, ...]:
    """The origins that stand one on a line, each once; a line that is none is left out."""
    found: dict[str, None] = {}
    for line in lines.splitlines():
        try:
            found[origin_of(line)] = None
        except ValueError:
            continue
    return tuple(found)[:MAX_WEBSITES]


def is_secure(address: str) -> bool:
    """Whether browsers hold a page there to be secure, so that they lend it their cryptography (W3C, Secure Contexts)."""
    parts = urlsplit(address)
    return parts.scheme == "https" or _is_this_machine(_host(parts.hostname or ""))


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    if host.isascii():
        return host.lower()
    return idna.encode(host, uts46=True).decode("ascii").lower()  # its errors are ValueErrors


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "[::1]"} or host.endswith(".localhost")
