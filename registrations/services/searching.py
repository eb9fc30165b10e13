"""Finding people by parts of their address or name, at the same cost among a million as among ten thousand.

Each database has an index of three-letter pieces (migration 0003). PostgreSQL's belongs to an extension that a server may
refuse; then words are found by their beginnings alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from django.db import connection
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper

from registrations.models import Registration

SHORTEST = 3
SHORTEST_IN_A_CAMPAIGN = 2
NEWEST = 5_000
"""So many people are looked through for a frequent word before an index is asked for all."""
MATCHES = 1_000
"""So many of those whom SQLite's index finds are looked at before all of them are."""

_PIECE = re.compile(r"[^\W_]{3}")
_MATCHES = "SELECT rowid FROM registrations_search WHERE registrations_search MATCH %s"

People = QuerySet[Registration]


def is_long_enough(word: str, *, in_a_campaign: bool) -> bool:
    """Whether a word is worth looking for: letters or digits in a row, fewer where only one campaign is looked through."""
    return len(word) >= SHORTEST_IN_A_CAMPAIGN if in_a_campaign else bool(_PIECE.search(word))


def finds_parts() -> bool:
    """Whether a word is found in the middle of an address or name, too."""
    return connection.vendor != "postgresql" or _has_index()


def newest(*, people: People, words: Sequence[str], limit: int) -> list[int]:
    """Ids of up to `limit` of these people of whom every word is part of the address or of a name, the newest first.

    Words of fewer than three letters look through all of `people`.
    """
    found: list[int] = []
    for attempt in _attempts(words):
        found = list(attempt(people).values_list("pk", flat=True)[:limit])
        if len(found) >= limit:
            break
    return found


def _attempts(words: Sequence[str]) -> Iterable[Callable[[People], People]]:
    """Ways to look, the quick ones for frequent words first; the last finds everybody."""
    has_index = _has_index()
    has_pieces = all(_PIECE.search(word) for word in words)
    if connection.vendor == "sqlite":
        return _by_match(words) if has_index and has_pieces else [lambda people: _by_spelling(people, words)]
    matching = _by_part if has_index else _by_beginning
    if has_index and not has_pieces:
        return [lambda people: matching(people, words).order_by("-pk")]
    last = Registration.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return [
        lambda people: matching(people.filter(pk__gt=last - NEWEST), words).order_by("-pk"),
        # By an expression: by the key itself, PostgreSQL may walk through everybody until it has met enough.
        lambda people: matching(people, words).order_by((F("pk") + 0).desc()),
    ]


def _has_index() -> bool:
    """Whether the index of three-letter pieces is there."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = 'registrations_search'")
        else:
            cursor.execute("SELECT count(to_regclass('registration_search'))")
        return bool(cursor.fetchone()[0])


def _by_part(people: People, words: Sequence[str]) -> People:
    """PostgreSQL: the same expression as the index's, word for word."""
    all_of_it = Func(
        F("email"), F("first_name"), F("last_name"), template="UPPER(%(expressions)s)", arg_joiner=" || ' ' || ",
        output_field=TextField(),
    )  # fmt: skip
    people = people.alias(all_of_it=all_of_it)
    for word in words:
        people = people.filter(all_of_it__contains=Upper(Value(word)))
    return people


def _by_beginning(people: People, words: Sequence[str]) -> People:
    """PostgreSQL without the extension."""
    for word in words:
        people = people.filter(Q(email__istartswith=word) | Q(first_name__istartswith=word) | Q(last_name__istartswith=word))
    return people


def _by_match(words: Sequence[str]) -> Iterable[Callable[[People], People]]:
    """SQLite's full text search, which knows the case of any alphabet."""
    wanted = " ".join('"{}"'.format(word.replace('"', '""')) for word in words)
    with connection.cursor() as cursor:
        cursor.execute(f"{_MATCHES} ORDER BY rowid DESC LIMIT {MATCHES}", [wanted])
        newest = [pk for (pk,) in cursor]
    yield lambda people: people.filter(pk__in=newest).order_by("-pk")
    if len(newest) == MATCHES:
        everybody = RawSQL(_MATCHES, (wanted,))  # noqa: S611  (words are a parameter)
        yield lambda people: people.filter(pk__in=everybody).order_by("-pk")


def _by_spelling(people: People, words: Sequence[str]) -> People:
    """SQLite without it ignores case in ASCII only: the usual spellings are asked for one by one."""
    for word in words:
        mentions = Q(email__icontains=word)
        for spelling in sorted({word, word.lower(), word.upper(), word.capitalize(), word.title()}):
            mentions |= Q(last_name__icontains=spelling) | Q(first_name__icontains=spelling)
        people = people.filter(mentions)
    return people.order_by("-pk")
