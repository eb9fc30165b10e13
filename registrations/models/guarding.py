"""What is remembered of public posts: how many in a window of time, how many were held back, which proofs of work were used,
and who asked for their links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from registrations.models.campaign import Campaign
from registrations.models.clock import db_now
from registrations.models.fields import EncryptedTextField


class PostCount(models.Model):
    """How many posts one window of time has seen of one origin. `key` is a keyed hash: no address can be read back."""

    key = models.BigIntegerField(primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("count of posts")
        verbose_name_plural = _("counts of posts")

    def __str__(self) -> str:
        return f"#{self.pk}"

    @classmethod
    def add(cls, counts: Mapping[int, tuple[int, datetime]]) -> dict[int, int]:
        """Add to counts (key → how many more, end of its window) by one statement; returns each count as it is now."""
        table, adapt = cls._meta.db_table, connection.ops.adapt_datetimefield_value
        # Always in one order, so that no two posts wait for each other.
        values = [value for key, (more, end) in sorted(counts.items()) for value in (key, more, adapt(end))]
        rows = ", ".join(["(%s, %s, %s)"] * len(counts))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (key, count, ends_at) VALUES {rows}"  # noqa: S608  (names of ours)
                f" ON CONFLICT (key) DO UPDATE SET count = {table}.count + excluded.count RETURNING key, count",
                values,
            )
            return dict(cursor.fetchall())


class BlockedTries(models.Model):
    """How many posts to a campaign were held back on one day (UTC), by reason: numbers, and nothing of anybody."""

    class Reason(models.TextChoices):
        TRAP = "trap", _("the hidden field was filled in")
        FAST = "fast", _("filled in within an instant")
        CLIENT = "client", _("too many from one place")
        ADDRESS = "address", _("too many with one e-mail address")
        CAMPAIGN = "campaign", _("too many for this campaign at once")
        SITE = "site", _("too many for the whole site at once")
        PROOF = "proof", _("without a proof of work")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="blocked_tries", db_index=False)
    day = models.DateField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("tries held back")
        verbose_name_plural = _("tries held back")
        constraints = [models.UniqueConstraint(fields=["campaign", "day", "reason"], name="one_count_of_blocked_tries")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @classmethod
    def add(cls, counts: Sequence[tuple[int, date, str, int]]) -> None:
        """Add to counts (campaign id, day, reason, how many more) by one statement. A campaign that is gone is left out."""
        table = cls._meta.db_table
        there = set(Campaign.objects.filter(pk__in={row[0] for row in counts}).values_list("pk", flat=True))
        rows = sorted(row for row in counts if row[0] in there)
        if not rows:
            return
        adapt = connection.ops.adapt_datefield_value
        values = [value for campaign, on, reason, more in rows for value in (campaign, adapt(on), reason, more)]
        marks = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (campaign_id, day, reason, count) VALUES {marks}"  # noqa: S608  (names of ours)
                f" ON CONFLICT (campaign_id, day, reason) DO UPDATE SET count = {table}.count + excluded.count",
                values,
            )


class SpentProof(models.Model):
    """A proof of work that was used, kept until it would count no more anyway. `used_for` names the form it was used for."""

    nonce = models.CharField(max_length=64, primary_key=True)
    used_for = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("used proof of work")
        verbose_name_plural = _("used proofs of work")

    def __str__(self) -> str:
        return f"#{self.pk}"

    @staticmethod
    def claim(*, nonce: str, used_for: str, expires_at: datetime) -> bool:
        """Use a proof for a form; whether it is this form's now. Of several at once one gets it, in whatever process."""
        SpentProof.objects.bulk_create(
            [SpentProof(nonce=nonce, used_for=used_for, expires_at=expires_at)], ignore_conflicts=True
        )
        return SpentProof.objects.filter(nonce=nonce, used_for=used_for).exists()


class LostLinkRequest(models.Model):
    """Somebody asked for the links of an address. The row is worked off after the answer, and then deleted."""

    address = EncryptedTextField(editable=False)
    requested_at = models.DateTimeField(default=db_now, editable=False)

    class Meta:
        verbose_name = _("request for lost links")
        verbose_name_plural = _("requests for lost links")

    def __str__(self) -> str:
        return f"#{self.pk}"
