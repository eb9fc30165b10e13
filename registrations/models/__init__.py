"""What regsite remembers."""

from registrations.models.account import Account, Pause, Sender
from registrations.models.api_key import ApiKey
from registrations.models.campaign import Bulk, Campaign, Choosing, Question
from registrations.models.clock import db_now
from registrations.models.consent import Consent, ConsentBox, ConsentText, Purpose
from registrations.models.delivery import Delivery, Heartbeat
from registrations.models.erasure import Erasure
from registrations.models.event import Event, EventStatus, Session
from registrations.models.fields import EncryptedTextField, fingerprint
from registrations.models.form_hook import FormHook, HookRefusal
from registrations.models.guarding import BlockedTries, LostLinkRequest, PostCount, SpentProof
from registrations.models.outgoing_email import OutgoingEmail
from registrations.models.reconciliation import Reconciliation
from registrations.models.registration import Enrollment, EnrollmentWish, HeldFor, Import, Registration, Submission
from registrations.models.seat import Fact, Seat, Verb, Wish
from registrations.models.step import MAX_LOST_LEASES, OPEN_STATES, Priority, Step, StepState
from registrations.models.timeline import TimelineEntry

__all__ = [
    "MAX_LOST_LEASES",
    "OPEN_STATES",
    "Account",
    "ApiKey",
    "BlockedTries",
    "Bulk",
    "Campaign",
    "Choosing",
    "Consent",
    "ConsentBox",
    "ConsentText",
    "Delivery",
    "EncryptedTextField",
    "Enrollment",
    "EnrollmentWish",
    "Erasure",
    "Event",
    "EventStatus",
    "Fact",
    "FormHook",
    "Heartbeat",
    "HeldFor",
    "HookRefusal",
    "Import",
    "LostLinkRequest",
    "OutgoingEmail",
    "Pause",
    "PostCount",
    "Priority",
    "Purpose",
    "Question",
    "Reconciliation",
    "Registration",
    "Seat",
    "Sender",
    "Session",
    "SpentProof",
    "Step",
    "StepState",
    "Submission",
    "TimelineEntry",
    "Verb",
    "Wish",
    "db_now",
    "fingerprint",
]
