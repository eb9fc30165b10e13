"""Whether a public form post is taken, asked to press once more, or told to wait, before its form is even checked.

Nothing here knows whether an address is registered: it counts posts, and looks at how a form was filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

from registrations.models import BlockedTries
from registrations.services import counting, held_back, proofs
from registrations.services.counting import Limit
from registrations.services.signup import Entry

Reason = BlockedTries.Reason

LONGEST_ORIGIN = 254
# Who shares a line shares a network of this length, and may take any address in it.
ONE_LINE_IPV6 = 64
_OUR_SIDE = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"))
)


class Next(StrEnum):
    """What to do with a post."""

    TAKE = "take"
    ASK_AGAIN = "ask_again"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Post:
    """What is known of a form post before its form is checked.

    `client` and `address` are as told and as typed. `age` is how many seconds ago its form was shown, None if that cannot be
    told. `trapped`: the field that people never see was filled in. `asked_before`: whoever sent it has pressed once more.
    """

    campaign_id: int
    client: str
    address: str
    age: float | None
    trapped: bool
    asked_before: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do next with a post; `reason` and `seconds` say why and for how long it is to wait."""

    next: Next
    reason: Reason | None = None
    seconds: int = 0


def judge(*, post: Post) -> Verdict:
    """Say what to do with a post, and count it. Raises what the database raises when it is away: nothing is taken then.

    Whoever looks like a program is asked once more rather than refused: a password manager fills in what nobody sees, and a
    browser fills in a whole form in an instant. A person presses; most programs do not.
    """
    held_back.ledger.write_if_due()
    full = counting.tally.take(_limits(post))
    if full is not None:
        return _held(post, Verdict(Next.WAIT, Reason(full.scope), full.seconds))
    if post.age is None or post.asked_before:
        return Verdict(Next.TAKE)
    if post.trapped:
        return _held(post, Verdict(Next.ASK_AGAIN, Reason.TRAP))
    if post.age < settings.FORM_MIN_SECONDS:
        return _held(post, Verdict(Next.ASK_AGAIN, Reason.FAST))
    return Verdict(Next.TAKE)


def judge_machine(*, campaign_id: int, address: str, client: str = "") -> Verdict:
    """The same for a post that no person made in a browser: it is counted, and never asked to press.

    Without `client`, as for a program with a key, only addresses, campaigns and the site are counted by.
    """
    return judge(post=Post(campaign_id, client, address, age=None, trapped=False, asked_before=False))


def is_proven(*, campaign_id: int, solution: str, form_token: str, entry: Entry) -> bool:
    """Whether a form comes with a proof of work that counts for it; one that does not is a try held back.

    Raises what the database raises when it is away.
    """
    if proofs.counts(campaign_id=campaign_id, solution=solution, form_token=form_token, entry=entry):
        return True
    held_back.ledger.note(campaign_id=campaign_id, reason=Reason.PROOF)
    return False


def _held(post: Post, verdict: Verdict) -> Verdict:
    if verdict.reason is not None:
        held_back.ledger.note(campaign_id=post.campaign_id, reason=verdict.reason)
    return verdict


def _limits(post: Post) -> list[Limit]:
    origins = {
        Reason.CLIENT: client_origin(post.client),
        Reason.ADDRESS: address_origin(post.address),
        Reason.CAMPAIGN: str(post.campaign_id),
        Reason.SITE: "all",
    }
    return [Limit(scope.value, origin, *settings.POST_LIMITS[scope]) for scope, origin in origins.items()]


def client_origin(told: str) -> str:
    """What a client is counted by: its address, of IPv6 the network of one line; "" where it cannot be told from others.

    With no trusted proxy, an address of this machine or network is that of a proxy which nobody has told us of: all visitors
    would share its limit.
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(told)
    except ValueError:
        return told[:LONGEST_ORIGIN]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not settings.TRUSTED_PROXY_COUNT and any(address in network for network in _OUR_SIDE):
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), ONE_LINE_IPV6), strict=False))
    return str(address)


def address_origin(typed: str) -> str:
    """What an e-mail address is counted by, however it is written; "" for none."""
    return typed.strip().casefold()[:LONGEST_ORIGIN]


def prune() -> None:
    """Forget counts that no longer matter, and proofs that count no more."""
    counting.prune()
    held_back.prune()
    proofs.prune()
