"""What regsite remembers."""

from registrations.models.account import Account, Delivery, Pause, Sender
from registrations.models.campaign import Bulk, Campaign, Question
from registrations.models.clock import db_now
from registrations.models.event import Event, EventStatus, Session
from registrations.models.fields import EncryptedTextField, fingerprint
from registrations.models.outgoing_email import OutgoingEmail
from registrations.models.registration import Enrollment, EnrollmentWish, Registration, Submission
from registrations.models.seat import Fact, Seat, Verb, Wish
from registrations.models.step import OPEN_STATES, Priority, Step, StepState
from registrations.models.timeline import TimelineEntry

__all__ = [
    "OPEN_STATES",
    "Account",
    "Bulk",
    "Campaign",
    "Delivery",
    "EncryptedTextField",
    "Enrollment",
    "EnrollmentWish",
    "Event",
    "EventStatus",
    "Fact",
    "OutgoingEmail",
    "Pause",
    "Priority",
    "Question",
    "Registration",
    "Seat",
    "Sender",
    "Session",
    "Step",
    "StepState",
    "Submission",
    "TimelineEntry",
    "Verb",
    "Wish",
    "db_now",
    "fingerprint",
]
