"""What became due: the only thing that services tell the ringing layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Due:
    """Ids of accounts with due seats, senders with due mails, accounts whose events should be read, due erasures, and requests
    for lost links."""

    seats: frozenset[int] = frozenset()
    emails: frozenset[int] = frozenset()
    syncs: frozenset[int] = frozenset()
    erasures: frozenset[int] = frozenset()
    lost_links: frozenset[int] = frozenset()

    def __or__(self, other: Due) -> Due:
        return Due(
            self.seats | other.seats,
            self.emails | other.emails,
            self.syncs | other.syncs,
            self.erasures | other.erasures,
            self.lost_links | other.lost_links,
        )

    def __bool__(self) -> bool:
        return bool(self.seats or self.emails or self.syncs or self.erasures or self.lost_links)


NOTHING = Due()


def seats_due(*account_ids: int) -> Due:
    return Due(seats=frozenset(account_ids))


def emails_due(*sender_ids: int) -> Due:
    return Due(emails=frozenset(sender_ids))


def erasures_due(*erasure_ids: int) -> Due:
    return Due(erasures=frozenset(erasure_ids))


def lost_links_due(*request_ids: int) -> Due:
    return Due(lost_links=frozenset(request_ids))
