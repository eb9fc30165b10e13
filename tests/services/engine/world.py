"""Our side of the model: what people and staff do, what workers do, and what was promised to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model

from registrations.models import (
    Account,
    Campaign,
    Enrollment,
    EnrollmentWish,
    Event,
    OutgoingEmail,
    Registration,
    Seat,
    Session,
    StepState,
    Submission,
)
from registrations.services import cancelling, emailing, pauses, resending, seating, signup, wakeup
from registrations.services.campaigns import Availability
from registrations.services.due import Due
from registrations.services.senders import default_sender
from registrations.services.signup import Entry, NotOpen
from registrations.webinar.provider import Target
from tests import wiping
from tests.services.engine.checks import Checks
from tests.services.engine.mail_server import MailServer
from tests.services.engine.mishaps import ADDRESSES, Deed, Mishap, Script, Told
from tests.services.engine.moments import held_until, is_due, next_moment
from tests.services.engine.platform import Platform
from tests.services.engine.process import Clock, Kill, Process
from tests.services.engine.provider import NAME
from tests.services.engine.threads import forget_looks, remember_looks

FAR_AWAY = timedelta(days=60)
EVENTS = ("71001", "71002")
CAMPAIGNS = ((0, "first"), (0, "second of the same event"), (1, "of another event"))
"""Which event each campaign is for: two share the seats of one."""

Key = tuple[int, str]
"""Campaign and address."""


@dataclass(frozen=True, repr=False)
class Work(Told):
    """What befalls one worker: its calls' mishaps, its death, and what somebody else does before one of its statements or,
    if `aside_at` is 0, during a call that hangs."""

    mishaps: tuple[Mishap, ...] = ()
    kill: Kill | None = None
    sent: bool = True
    deed: Deed | None = None
    aside_at: int = 0


UNDISTURBED = Work()


@dataclass
class World:
    """One installation with an account, two events and three campaigns, on a platform and a mail server in memory."""

    platform: Platform
    mail_server: MailServer
    clock: Clock
    wishes: dict[Key, bool] = field(default_factory=dict)
    forms: set[tuple[Key, str, str]] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    stands_still: int = 0
    _tokens: int = 0

    def __post_init__(self) -> None:
        wiping.empty()
        forget_looks()
        self.checks = Checks(self.platform, self.mail_server)
        self.account = Account.objects.create(
            name="Ours",
            provider=NAME,
            base_url="https://api.example.com",
            api_key="key",
            calls_per_second=1000,
            unique_by_email=self.platform.unique,
        )
        self.sender = default_sender()
        self.staff = get_user_model().objects.create(username="staff")
        now = self.clock.now()
        ends_at = now + FAR_AWAY
        values = {"starts_at": ends_at - timedelta(hours=1), "ends_at": ends_at}
        self.sessions = []
        for number in EVENTS:
            event = Event.objects.create(account=self.account, external_id=number, title=f"Event {number}", **values)
            self.sessions.append(
                Session.objects.create(
                    event=event,
                    external_id=number,
                    title=event.title,
                    moderated=self.platform.moderated,
                    detailed_at=now,
                    **values,
                )
            )
            self.platform.ends_at[number] = ends_at
        self.campaigns = [
            Campaign.objects.create(
                event=self.sessions[event].event,
                session=self.sessions[event],
                slug=f"campaign-{number}",
                title=title,
                language="en",
            )
            for number, (event, title) in enumerate(CAMPAIGNS)
        ]

    # What people do. Whoever gets an answer was promised something; whoever gets none may or may not be written down.

    def signs_up_again(
        self, who: int, campaign: int = 0, *, name: str = "Eve", same_form: bool = False, kill: Kill | None = None
    ) -> None:
        """A form is sent: a first one, another, or the last one over again."""
        key = (campaign, ADDRESSES[who])
        self._tokens += not same_form
        form = (key, f"form-{self._tokens}", name)
        entry = Entry(email=f" {key[1].title()}", first_name=name)
        try:
            receipt = Process(kill=kill).run(
                lambda: signup.record(campaign_id=self.campaigns[campaign].pk, form_token=form[1], entry=entry)
            )
        except NotOpen as refusal:
            expected = refusal.availability is Availability.OVER and CAMPAIGNS[campaign][0] in self.over
            assert expected, "an open event takes nobody"
            return
        if receipt is None:
            self._believe_the_database(key)
        elif form not in self.forms:
            self.wishes[key] = True
        if receipt is not None or Submission.objects.filter(form_token=form[1], first_name=name, email=key[1]).exists():
            self.forms.add(form)

    def changes_their_mind(self, who: int, campaign: int = 0, *, kill: Kill | None = None) -> None:
        """Whoever wants in leaves, whoever left comes back, whoever was never here signs up."""
        wish = self.wishes.get((campaign, ADDRESSES[who]))
        if wish is None:
            self.signs_up_again(who, campaign, kill=kill)
        elif wish:
            self.cancel(who, campaign, kill=kill)
        else:
            self.come_back(who, campaign, kill=kill)

    def cancel(self, who: int, campaign: int = 0, *, kill: Kill | None = None) -> None:
        self._by_private_page(cancelling.cancel, (campaign, ADDRESSES[who]), False, kill)

    def come_back(self, who: int, campaign: int = 0, *, kill: Kill | None = None) -> None:
        with suppress(NotOpen):
            self._by_private_page(cancelling.come_back, (campaign, ADDRESSES[who]), True, kill)

    def _by_private_page(self, deed: Callable[..., Due], key: Key, wish: bool, kill: Kill | None) -> None:
        registration = self.registration(key)
        if registration is None:
            return
        if Process(kill=kill).run(lambda: deed(token=registration.token)) is None:
            self._believe_the_database(key)
        else:
            self.wishes[key] = wish

    def _believe_the_database(self, key: Key) -> None:
        enrollments = Enrollment.objects.filter(registration__campaign=self.campaigns[key[0]], registration__email=key[1])
        for enrollment in enrollments:
            self.wishes[key] = enrollment.wish == EnrollmentWish.IN

    # What staff do

    def resend(self, who: int, campaign: int = 0, *, kill: Kill | None = None) -> None:
        registration = self.registration((campaign, ADDRESSES[who]))
        if registration is not None:
            job = lambda: resending.resend_link(registration_id=registration.pk, user_id=self.staff.pk)  # noqa: E731
            with suppress(resending.NothingToSend):
                Process(kill=kill).run(job)

    def try_again(self, who: int, campaign: int = 0, *, kill: Kill | None = None) -> None:
        registration = self.registration((campaign, ADDRESSES[who]))
        if registration is not None:
            job = lambda: resending.try_again(registration_id=registration.pk, user_id=self.staff.pk)  # noqa: E731
            Process(kill=kill).run(job)

    def pause(self) -> None:
        pauses.pause_everything(user_id=self.staff.pk)

    # What workers do

    def work_off(self, seats: Work, mails: Work) -> None:
        """What a worker does whom somebody rings when something is due: if need be, time passes until then."""
        now = self.clock.now()
        waiting = next_moment(now) if not (is_due(Seat, now) or is_due(OutgoingEmail, now)) else held_until(now)
        if waiting is not None:
            self.clock.let_pass((waiting - now).total_seconds() + 0.01)
        if is_due(Seat, self.clock.now()):
            self.drain_seats(seats)
        if is_due(OutgoingEmail, self.clock.now()):
            self.drain_mails(mails)

    def drain_seats(self, work: Work = UNDISTURBED) -> Due:
        return self._work(lambda: seating.drain(account_id=self.account.pk), work)

    def drain_mails(self, work: Work = UNDISTURBED) -> Due:
        return self._work(lambda: emailing.drain(sender_id=self.sender.pk), work)

    def look(self, work: Work = UNDISTURBED) -> Due:
        return self._work(wakeup.look, work)

    def _work(self, job: Callable[[], Due], work: Work) -> Due:
        others = None if work.deed is None else lambda: self.do(work.deed)
        aside = others if work.aside_at else None
        process = Process(kill=work.kill, sent=work.sent, aside_at=work.aside_at, aside=aside)
        stored = Seat.objects.filter(state=StepState.SETTLED).exclude(link_hash=None)
        held = {seat.address: seat.link for seat in stored} if work.mishaps else {}
        with self._outside(process, Script(work.mishaps), None if aside else others, held):
            due = process.run(job) or Due()
        if process.dead:
            forget_looks()
            self._note_what_died_with(process)
        return due

    def _note_what_died_with(self, process: Process) -> None:
        """Mails that a process handed over and could not write down before it was killed."""
        for copy in self.mail_server.copies:
            if copy.process is process:
                settled = OutgoingEmail.objects.filter(message_id=copy.message_id, state=StepState.SETTLED)
                copy.lost = copy.lost or not settled.exists()

    @contextmanager
    def _outside(
        self, process: Process, script: Script, others: Callable[[], None] | None, held: dict[str, str]
    ) -> Iterator[None]:
        """The outside world for the length of one job; afterwards as before, for the job in whose middle this one is."""
        values: dict[str, Any] = {"process": process, "script": script, "meanwhile": others}
        kept = [(part, {name: getattr(part, name) for name in values}) for part in (self.platform, self.mail_server)]
        kept.append((self.platform, {"held": self.platform.held}))
        for part in (self.platform, self.mail_server):
            for name, value in values.items():
                setattr(part, name, value)
        self.platform.held = held
        try:
            yield
        finally:
            for part, before in kept:
                for name, value in before.items():
                    setattr(part, name, value)

    def do(self, deed: Deed) -> None:
        """What somebody else does in the middle of a job."""
        self.clock.let_pass(deed.seconds)
        seen = forget_looks()
        try:
            self._do(deed)
        finally:
            remember_looks(seen)

    def _do(self, deed: Deed) -> None:
        match deed.what:
            case "drain_seats":
                self.drain_seats()
            case "drain_mails":
                self.drain_mails()
            case "look":
                self.look()
            case "pause":
                self.pause()
            case _:
                getattr(self, deed.what)(deed.who)

    # What happens outside

    def stand_still(self, what: str, happenings: int) -> None:
        """For the next so many happenings everything is paused, or the key or the mail server does not work."""
        self.stands_still = happenings
        if what == "everything":
            self.pause()
        elif what == "the key":
            self.platform.key_works = False
        else:
            self.mail_server.up = False

    def step_on(self) -> None:
        """Another thing has happened; what stood still goes on when its time is over."""
        self.stands_still -= 1
        if self.stands_still == 0:
            self.goes_on()

    def goes_on(self) -> None:
        self.platform.key_works = self.mail_server.up = True
        pauses.resume_everything()

    def somebody_else_registers(self, who: int, campaign: int, *, admitted: bool) -> None:
        """At the platform, past us; only whom we do not know of, for nothing could tell us apart afterwards."""
        email = ADDRESSES[who]
        if not any(place.email == email for place in self.platform.places):
            self.platform.by_somebody_else(self.target(campaign), email, admitted=admitted)

    def end_event(self, number: int) -> None:
        """The event is over, and its mirror knows."""
        now = self.clock.now()
        self.over.add(number)
        self.platform.ends_at[EVENTS[number]] = now
        Session.objects.filter(external_id=EVENTS[number]).update(ends_at=now)
        Event.objects.filter(external_id=EVENTS[number]).update(ends_at=now)

    def registration(self, key: Key) -> Registration | None:
        return Registration.objects.filter(campaign=self.campaigns[key[0]], email=key[1]).first()

    def target(self, campaign: int) -> Target:
        number = EVENTS[CAMPAIGNS[campaign][0]]
        return Target(event_id=number, session_id=number)

    def check(self) -> None:
        """What must hold at every moment; nobody's wish is lost."""
        self.checks.run()
        rows = Enrollment.objects.values_list("registration__campaign__slug", "registration__email", "wish")
        written = {(int(slug.rpartition("-")[2]), email): wish == EnrollmentWish.IN for slug, email, wish in rows}
        assert written == self.wishes, f"{written} is written down, {self.wishes} was promised"
