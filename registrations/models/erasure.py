"""A person's wish to be forgotten, from the request to the receipt."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.fields import EncryptedTextField
from registrations.models.registration import Registration
from registrations.models.step import OPEN_STATES, Step, StepState


class Erasure(Step):
    """One address to be erased here and at the platforms; settled once no platform lists it any more.

    Until then it is a tombstone: `address` is what the platforms are asked about, `hold` the lease under which the address's
    seats are kept from every worker, `registrations` whose they were. All three are forgotten in the end. `address_hash`
    stays, and `receipt`, which says in counts what was erased and in codes what stays elsewhere.
    """

    address = EncryptedTextField(blank=True, editable=False)
    address_hash = models.CharField(max_length=64, db_index=True, editable=False)
    hold = models.UUIDField(default=uuid.uuid4, editable=False)
    registrations = models.ManyToManyField(Registration, related_name="erasures", editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    receipt = models.JSONField(_("receipt"), default=dict, editable=False)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        permissions = [("erase_person", _("Can erase people"))]
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash"], condition=~models.Q(state=StepState.SETTLED), name="one_open_erasure_per_address"
            )
        ]
        indexes = [models.Index(fields=["run_at"], name="erasure_due", condition=models.Q(state__in=OPEN_STATES))]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @staticmethod
    def hashes_of(address: str) -> list[str]:
        """What `address_hash` may hold for a normalised address, by each of our keys; the first is what is written now.

        Addresses can be guessed, so that a hash without a key would tell whom it stands for.
        """
        secret = f"erasure:{address}".encode()
        return [hmac.new(key.encode(), secret, hashlib.sha256).hexdigest() for key in settings.FIELD_ENCRYPTION_KEYS]

    @classmethod
    def of_address(cls, address: str) -> models.QuerySet[Erasure]:
        """The erasures of a normalised address, open and done: its tombstones."""
        return cls.objects.filter(address_hash__in=cls.hashes_of(address))


def placeholder(number: int) -> str:
    """What stands where the address of a row of this number was. Nobody can have signed up with it before."""
    return f"erased-{number}-{secrets.token_hex(8)}@erased.invalid"
