"""Which links may be mailed to a person, and putting one together from a list's token."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Credentials
from registrations.webinar.providers.webinar_ru import unconfirmed

_LONGEST = 2000
_TOKEN = re.compile(r"[0-9a-fA-F]{32}")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class LinkCheck:
    """Knows which links of one account may be trusted.

    A link is https on the default port, without user data, on one of the account's hosts or a subdomain of it; an
    account that names none gets the platform's. A host may be named with a port (`rooms.example.com:8443`). Only an
    account whose own base URL is plain http (a sandbox) may have http links and any port, on a host that it names or at
    its own host and port.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._hosts = tuple(host.strip().lower() for host in credentials.link_hosts if host.strip())
        self._base = _split(credentials.base_url.strip())

    def trusted(self, link: object) -> str:
        """The link itself when it may be mailed, else nothing."""
        if not isinstance(link, str) or not 0 < len(link) <= _LONGEST or not _is_plain(link):
            return ""
        url = _split(link)
        if url is None or not url.hostname or "@" in url.netloc or not url.path.strip("/"):
            return ""
        return link if self._on_known_host(url) else ""

    def from_token(self, sample_link: str, token: str) -> str:
        """A person's link: another person's link of the same event with the last segment replaced.

        Every sample shows the token as that segment. Raises Uncertain when one of the two does not look as expected.
        """
        start, _, last = self.trusted(sample_link).rpartition("/")
        if not start or not _TOKEN.fullmatch(last) or not _TOKEN.fullmatch(token):
            raise Uncertain("link_from")
        return f"{start}/{token}"

    def _on_known_host(self, url: SplitResult) -> bool:
        host, port = url.hostname or "", _port(url)
        named = f"{host}:{port}" in self._hosts
        if url.scheme == "https" and port == _DEFAULT_PORTS["https"]:
            return named or any(_within(host, known) for known in self._hosts or unconfirmed.LINK_HOSTS)
        if url.scheme == "https" and named:
            return True
        if self._base is None or self._base.scheme != "http" or url.scheme not in _DEFAULT_PORTS:
            return False
        return named or host in self._hosts or (host, port) == (self._base.hostname, _port(self._base))


def token_in(url: str) -> str:
    """The token in a list's `url`, or nothing when it does not look like one."""
    return url if _TOKEN.fullmatch(url) else ""


def _within(host: str, known: str) -> bool:
    return host == known or host.endswith("." + known)


def _is_plain(link: str) -> bool:
    return "\\" not in link and not any(unicodedata.category(char)[0] in "CZ" for char in link)


def _split(link: str) -> SplitResult | None:
    try:
        url = urlsplit(link)
        _ = url.port, url.hostname
    except ValueError:
        return None
    return url if url.scheme in _DEFAULT_PORTS and (url.hostname or "").isascii() else None


def _port(url: SplitResult) -> int:
    return url.port if url.port is not None else _DEFAULT_PORTS[url.scheme]
