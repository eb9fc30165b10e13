"""The form of a campaign: times on the event's own clock, and a target that fits the event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES, UnfoldAdminColorInputWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from registrations.admin.cover_field import CoverField, ShownCover
from registrations.admin.labels import moment, wall_clock
from registrations.admin.transliteration import latin_slug
from registrations.mailing.placeholders import PLACEHOLDERS, unknown_placeholders
from registrations.mailing.times import known_zone, zone_label
from registrations.models import Campaign, Choosing, Event, Session, db_now
from registrations.models.websites import MAX_WEBSITES, is_secure, origin_of
from registrations.services import covers
from registrations.services.covers import Prepared

SLUG_LENGTH = 80
MOMENTS = ("opens_at", "closes_at")


class WallClockField(forms.Field):
    """A date and time as a clock on some wall shows it: a datetime without a zone, to the minute."""

    widget = forms.DateTimeInput(
        format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": " ".join([*INPUT_CLASSES, "rs-moment"])}
    )

    def prepare_value(self, value: Any) -> Any:
        return value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise forms.ValidationError(_("Enter a date and a time.")) from error
        return found.replace(tzinfo=None, second=0, microsecond=0)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            before = initial.replace(second=0, microsecond=0) if initial else None
            return before != self.to_python(data)
        except forms.ValidationError:
            return True


def instant(clock: datetime, zone: str) -> datetime:
    """The moment at which a clock in a zone shows this, in UTC; the first one where the hour comes twice.

    Raises ValidationError where the clock skips this hour (the night in which summer time begins).
    """
    at = clock.replace(tzinfo=known_zone(zone) or ZoneInfo("UTC")).astimezone(UTC)
    if wall_clock(at, zone) != clock:
        raise forms.ValidationError(_("There is no such time in that night: the clocks go forward. Choose another hour."))
    return at


def coming_events(kept: Event | None = None) -> QuerySet[Event]:
    """Events that a campaign may be for: not over, and the one that it has already."""
    coming = Q(ends_at=None) | Q(ends_at__gt=db_now())
    chosen = Q(pk=kept.pk) if kept is not None else Q(pk=None)
    return (
        Event.objects.filter(coming & ~Q(status="cancelled") | chosen)
        .select_related("account")
        .defer("account__api_key")
        .order_by("starts_at", "title")
    )


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a marketer decides. `chosen_event` is set by the screen: the event whose sessions and zone the form shows."""

    chosen_event: ClassVar[Event | None] = None

    slug = forms.SlugField(
        label=gettext_lazy("Address of the page"),
        max_length=SLUG_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Latin letters, digits and hyphens. Empty: made from the title."),
    )
    opens_at = WallClockField(label=gettext_lazy("Opens"), required=False)
    closes_at = WallClockField(label=gettext_lazy("Closes"), required=False)
    cover_file = CoverField()

    class Meta:
        model = Campaign
        fields = (
            "event", "session", "choosing", "title", "slug", "organizer", "description", "language", "published", "listed",
            "opens_at", "closes_at", "places", "waiting_list", "approval", "confirm_address", "bulk", "accent", "cover_alt",
            "cover_decorates", "websites", "proof_of_work",
            "sender", "contact_email", "mail_intro",
        )  # fmt: skip
        widgets = {
            "accent": UnfoldAdminColorInputWidget(),
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 8}),
            "websites": UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "https://www.example.org"}),
            "mail_intro": UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event = self.chosen_event
        if "event" in self.fields:
            self.fields["event"].queryset = coming_events(event)  # type: ignore[attr-defined]
            self.fields["event"].label_from_instance = _event_label  # type: ignore[attr-defined]
        if "session" in self.fields:
            sessions = Session.objects.filter(event=event).select_related("event__account")
            self.fields["session"].queryset = sessions  # type: ignore[attr-defined]
            self.fields["session"].label_from_instance = _session_label  # type: ignore[attr-defined]
            self.fields["session"].empty_label = _whole(event)  # type: ignore[attr-defined]
        if "choosing" in self.fields:
            self._offer_choosing()
        if "sender" in self.fields:
            self.fields["sender"].empty_label = _("The installation's own")  # type: ignore[attr-defined]
        if "proof_of_work" in self.fields and not is_secure(settings.PUBLIC_URL):
            self.fields["proof_of_work"].disabled = True
            self.fields["proof_of_work"].help_text = _(
                "Off: browsers can do this work on encrypted pages only, and this site is at %(address)s."
            ) % {"address": settings.PUBLIC_URL}
        if "cover_file" in self.fields:
            self.initial["cover_file"] = ShownCover.of(covers.cover_of(self.instance))
        if event is not None:
            self._show_times_of(event)

    def _offer_choosing(self) -> None:
        """Only a series leaves a choice. Once somebody is in, the one that is left is for a series that the platform takes by
        its sessions alone."""
        field = self.fields["choosing"]
        field.required = False
        if "event" not in self.fields:
            field.choices = [choice for choice in Choosing.choices if choice[0] != Choosing.DATES]  # type: ignore[attr-defined]

    def _show_times_of(self, event: Event) -> None:
        for name in MOMENTS:
            stored: datetime | None = getattr(self.instance, name)
            if name in self.fields:
                self.initial[name] = wall_clock(stored, event.zone) if stored else None
                self.fields[name].help_text = _("On the event's clock: %(zone)s.") % {
                    "zone": zone_label(event.zone, stored or event.starts_at or db_now())
                }

    def clean_choosing(self) -> str:
        chosen: str = self.cleaned_data["choosing"]
        return chosen or self.instance.choosing

    def clean_mail_intro(self) -> str:
        text: str = self.cleaned_data["mail_intro"]
        unknown = unknown_placeholders(text)
        if unknown:
            known = ", ".join("{{%s}}" % name for name in PLACEHOLDERS)  # noqa: UP031
            raise forms.ValidationError(
                _("No mail fills %(unknown)s. You may use %(known)s.")
                % {"unknown": ", ".join("{{%s}}" % name for name in unknown), "known": known}  # noqa: UP031
            )
        return text

    def clean_websites(self) -> str:
        """One origin per line, as browsers name it: of a whole address only what says which site it is."""
        lines = [line.strip() for line in self.cleaned_data["websites"].splitlines() if line.strip()]
        if len(lines) > MAX_WEBSITES:
            raise forms.ValidationError(_("At most %(number)d websites.") % {"number": MAX_WEBSITES})
        found: dict[str, None] = {}
        for line in lines:
            try:
                found[origin_of(line)] = None
            except ValueError as error:
                words = _("“%(line)s” is not the address of a website. It looks like https://www.example.org.")
                raise forms.ValidationError(words % {"line": line}) from error
        return "\n".join(found)

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        event = values.get("event") or self.chosen_event
        if event is not None:
            self._fit_session(event)
            self._tell_instants(event)
        if not values.get("slug") and "slug" not in self.errors and values.get("title"):
            taken = set(Campaign.objects.exclude(pk=self.instance.pk).values_list("slug", flat=True))
            values["slug"] = latin_slug(values["title"], length=SLUG_LENGTH, taken=taken, otherwise="webinar")
        if "cover_file" in self.fields and "cover_file" not in self.errors:
            self._check_cover()
        return values

    def _check_cover(self) -> None:
        """A cover is described, or said to decorate only; a new one is written before a page can refer to it."""
        chosen = self.cleaned_data.get("cover_file")
        if chosen and not (self.cleaned_data.get("cover_alt") or self.cleaned_data.get("cover_decorates")):
            self.add_error("cover_alt", _("Say in a few words what the cover shows, or tick that it only decorates."))
        if isinstance(chosen, Prepared) and not self.errors:
            try:
                covers.keep(chosen)
            except OSError:
                self.add_error("cover_file", _("The picture could not be stored. Tell whoever runs this site."))

    def _fit_session(self, event: Event) -> None:
        """A session of this event, or none for a whole series; a single event has but one."""
        if "session" not in self.fields:
            return
        session: Session | None = self.cleaned_data.get("session")
        if session is not None or not event.is_series:
            self.cleaned_data["choosing"] = Choosing.WHOLE
        if event.is_series:
            return
        sessions = list(event.sessions.all())
        if session is None and len(sessions) == 1:
            self.errors.pop("session", None)  # what was chosen for another event does not matter any more
            self.cleaned_data["session"] = sessions[0]
        elif session is None and "session" not in self.errors:
            words = _("Choose the session.") if sessions else _("The platform has not told us this event's session yet.")
            self.add_error("session", words)

    def _tell_instants(self, event: Event) -> None:
        kept_zone = self.instance.pk is not None and self.instance.event.zone == event.zone
        for name in MOMENTS:
            clock: datetime | None = self.cleaned_data.get(name)
            if clock is None or name not in self.fields:
                continue
            if kept_zone and name not in self.changed_data:
                self.cleaned_data[name] = getattr(self.instance, name)  # of an hour that comes twice, keep the one it was
                continue
            try:
                self.cleaned_data[name] = instant(clock, event.zone)
            except forms.ValidationError as error:
                self.add_error(name, error)
        opens, closes = (self.cleaned_data.get(name) for name in MOMENTS)
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It would close before it opens."))


def _event_label(event: Event) -> str:
    return f"{event.title} · {moment(event.starts_at, event.zone)}"


def _session_label(session: Session) -> str:
    return f"{moment(session.starts_at, session.event.zone)} · {session.title}"


def _whole(event: Event | None) -> str:
    return _("The whole series") if event is None or event.is_series else _("Its only session")
