"""What can go wrong when we talk to a webinar platform, named by what the caller does next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Scope(StrEnum):
    """How much of an account a wrong setting at the platform stops."""

    ACCOUNT = "account"
    """Nothing works: the key is wrong, revoked, or the tariff has no API."""
    TARGET = "target"
    """Only this event or session refuses; others go on."""
    VERB = "verb"
    """Only this kind of call is refused, for every target: the key lacks one right."""


class PlatformError(Exception):
    """Base of all platform failures.

    `code` is a short stable identifier for screens and statistics (`timeout`, `http_500`, `extra_field`, …).
    `detail` is the platform's own words, scrubbed of addresses, links, tokens and names: it may be stored and shown to
    staff.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Unavailable(PlatformError):
    """The call had no effect (no connection, or a failed read): try again later."""


class Uncertain(PlatformError):
    """The call may have taken effect (time-out, reset, 5xx, unreadable answer after a write): look before repeating."""


class Throttled(PlatformError):
    """The platform asks for a pause of `retry_after` seconds; the call had no effect and counts as no attempt."""

    def __init__(self, code: str, detail: str = "", *, retry_after: float = 1.0) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Rejected(PlatformError):
    """The platform refuses this person's data: a person must look.

    `fields` maps a field (`email`, or an extra field's key) to the platform's code for it.
    """

    def __init__(self, code: str, detail: str = "", *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, detail)
        self.fields = dict(fields or {})


class Misconfigured(PlatformError):
    """Something has to be set right at the platform or in the account: pause what `scope` says, and keep places."""

    def __init__(self, code: str, detail: str = "", *, scope: Scope, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, detail)
        self.scope = scope
        self.fields = dict(fields or {})
        self.verb = ""
        """Which kind of call was refused, where the caller made another one than it set out to make."""


class NotFound(Misconfigured):
    """The platform answers that the target does not exist (any more)."""
