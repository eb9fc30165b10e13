"""What the codes on seats, mails, pauses and senders mean, in sentences for people.

A code is what a platform or mail error, or one of our own rules, is called in the database and in statistics. Every screen
and mail asks here, so that the same thing is called the same everywhere. An unknown code is shown as it is, honestly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Reason:
    """What is the matter, in one sentence, and what a person can do about it (empty where nobody has to)."""

    sentence: Text
    remedy: Text = ""


_CHECK_KEY = _("Enter a valid key in the account and check the connection.")
_CHECK_ADDRESS = _("Correct the API address in the account and check the connection.")
_CHECK_PERSON = _("Look at the person's data, then press “Try again”.")
_CHECK_PLATFORM = _("Look at the event on the platform, then press “Try again”.")
_CHECK_MAIL_SETTINGS = _("Correct the mail settings of the installation (EMAIL_URL) and restart it.")
_OTHER_ADDRESS = _("Ask the person for another address and have them sign up with it.")

_PLATFORM: Mapping[str, Reason] = {
    "timeout": Reason(_("The platform did not answer in time.")),
    "no_connection": Reason(_("The platform could not be reached.")),
    "reset": Reason(_("The connection to the platform broke off.")),
    "tls": Reason(_("The platform's certificate could not be verified.")),
    "redirect": Reason(_("The platform answered with a redirect, which is never followed."), _CHECK_ADDRESS),
    "cut_off": Reason(_("The platform's answer broke off.")),
    "too_large": Reason(_("The platform's answer was far too large.")),
    "empty": Reason(_("The platform's answer was empty.")),
    "unreadable": Reason(_("The platform's answer could not be read.")),
    "same_page": Reason(_("The platform sent the same page of its list twice.")),
    "foreign_record": Reason(_("The platform answered about somebody or something else; its answer was not used.")),
    "no_link": Reason(_("The platform's answer held no personal link.")),
    "bad_link": Reason(
        _("The platform's answer held a link to an unknown host, which was refused."),
        _("If the host is right, add it to the hosts of personal links in the account."),
    ),
    "link_from": Reason(_("The personal link could not be put together from the platform's answers.")),
    "throttled": Reason(_("The platform asked for a break.")),
    "own_pace": Reason(_("Waits for its turn at the pace that the platform allows.")),
    "conflict": Reason(_("The platform says that this address is registered already.")),
    "conflict_unlisted": Reason(_("The platform says that this address is registered, but does not list it.")),
    "date_rule": Reason(_("The date does not fit the rule of the series on the platform."), _CHECK_PLATFORM),
    "error_bad_request": Reason(
        _("The platform refused the data."),
        _(
            "If it refuses everybody of a series, the series takes no registration for all of it: have people sign up for "
            "every session in the campaign. Otherwise look at the person's data, then press “Try again”."
        ),
    ),
    "bad_settings": Reason(_("The account's settings cannot be used."), _CHECK_ADDRESS),
    "bad_base_url": Reason(_("The account's API address cannot be used."), _CHECK_ADDRESS),
    "bad_api_key": Reason(_("The account's key holds characters that no key has."), _CHECK_KEY),
    "unauthorized": Reason(_("The platform does not accept the account's key."), _CHECK_KEY),
    "key_refused": Reason(_("The platform refuses everything we ask with this key."), _CHECK_KEY),
    "forbidden": Reason(
        _("The key lacks the right for this on the platform."), _("Give the key that right on the platform, then try again.")
    ),
    "no_route": Reason(_("There is no such API at the account's address."), _CHECK_ADDRESS),
    "not_found": Reason(_("The platform does not know this event or session."), _CHECK_PLATFORM),
    "bad_id": Reason(_("The platform cannot know this event: its number is not one."), _CHECK_PLATFORM),
    "extra_field": Reason(
        _("The platform asks for an extra field that no question of the campaign fills."),
        _("Add a question to the campaign that fills it."),
    ),
}

_SEATS: Mapping[str, Reason] = {
    "missing_answer": Reason(
        _("The person's answer to a question that the platform insists on is missing."),
        _("Give the question a fallback in the campaign, then press “Try again”."),
    ),
    "nobody_wants_this_seat": Reason(_("Nobody wants this place any more.")),
    "not_admitted": Reason(
        _("A moderator at the platform refused this person or put them out."),
        _("Let the person in on the platform, then press “Try again”."),
    ),
    "known_without_link": Reason(
        _("The platform knows this person but will not tell their personal link."),
        _("Delete the person from the event on the platform, then press “Try again”."),
    ),
    "known_before": Reason(_("The platform had this person already when we looked; their link is being fetched.")),
    "found_asking_for_link": Reason(_("The platform has the person; we ask it for their link.")),
    "not_there": Reason(_("We looked: the person is not there yet, so it is safe to repeat.")),
    "not_listed_yet": Reason(_("The person is registered, but the platform does not list them yet.")),
    "looking_twice": Reason(_("We look a second time before we repeat.")),
    "looking_before_leaving": Reason(_("The person leaves; we look whether the platform has them.")),
    "link_lost": Reason(_("The link was lost with the platform's answer; the registration is made anew.")),
    "checking_admission": Reason(_("We are checking whether the platform lets the person in.")),
    "nothing_deleted": Reason(_("The platform says that it removed nobody; we look at its list.")),
    "wrong_link": Reason(_("The platform answered with a link that belongs to somebody else; it was refused.")),
    "nothing_moderated": Reason(_("The platform did not let the person in when asked to; we look again.")),
    "registering_fails": Reason(_("Others wait for the platform too; this goes on when it answers again.")),
    "left_out_of_bulk": Reason(_("The platform's answer for many people left this one out; asked for singly.")),
    "inner_fault": Reason(
        _("Something failed in regsite itself while working on this."),
        _("Look into the log of the workers, then press “Try again”."),
    ),
    "lost_leases": Reason(
        _("Work on this broke off five times in a row."), _("Press “Try again”; if it happens again, tell your administrator.")
    ),
    "event_over": Reason(_("The event was over before the person could be registered.")),
    "event_cancelled": Reason(_("The event was cancelled before the person could be registered.")),
}

_MAILS: Mapping[str, Reason] = {
    "overtaken": Reason(_("Not sent: it had become untrue.")),
    "no_link_any_more": Reason(_("Not sent: there was no link to send any more.")),
    "may_have_been_sent": Reason(
        _("The connection broke off in the instant in which the mail may have left."),
        _("Ask the person whether it arrived. “Try again” sends the same mail once more."),
    ),
    "sent_again_by_staff": Reason(_("Staff decided to send the mail once more.")),
    "not_sent": Reason(_("The mail service did not take the mail.")),
    "recipient_refused": Reason(_("The mail server does not accept the person's address."), _OTHER_ADDRESS),
    "invalid_address": Reason(_("The mail server says that this cannot be an address."), _OTHER_ADDRESS),
    "connect_failed": Reason(_("The mail server could not be reached."), _CHECK_MAIL_SETTINGS),
    "connect_timeout": Reason(_("The mail server did not answer in time.")),
    "not_supported": Reason(_("The mail server cannot do what our settings ask of it."), _CHECK_MAIL_SETTINGS),
    "backend_refused": Reason(_("The mail service refuses our settings."), _CHECK_MAIL_SETTINGS),
    "call_lost": Reason(_("The connection to the mail service broke off; the mail may be out.")),
}

REASONS: Mapping[str, Reason] = {**_PLATFORM, **_SEATS, **_MAILS}

_MAIL_STEP = re.compile(r"(mail|rcpt|data|dot|auth|greeting|helo)_(\d{3}|unreadable|timeout|lost)")
_STATUS = re.compile(r"http_(\d{3})")

_MAIL_STEPS: Mapping[str, Reason] = {
    "mail": Reason(_("The mail server refuses our sender address."), _CHECK_MAIL_SETTINGS),
    "rcpt": Reason(_("The mail server does not accept the person's address."), _OTHER_ADDRESS),
    "data": Reason(_("The mail server refused the mail before it was sent.")),
    "dot": Reason(_("The mail server refused the mail."), _("Read the server's words; press “Try again” once it is mended.")),
    "auth": Reason(_("The mail server refuses our user name or password."), _CHECK_MAIL_SETTINGS),
    "greeting": Reason(_("The mail server refuses to talk to us.")),
    "helo": Reason(_("The mail server refuses to talk to us.")),
}


def reason_of(code: str) -> Reason:
    """The reason behind a code, known or not; for no code, an empty one."""
    if not code:
        return Reason("")
    known = REASONS.get(code)
    if known is not None:
        return known
    if step := _MAIL_STEP.fullmatch(code):
        return _mail_step(step[1], step[2])
    if status := _STATUS.fullmatch(code):
        return _status(int(status[1]))
    return Reason(gettext("The other side gave the reason “%(code)s”.") % {"code": code}, _CHECK_PERSON)


def sentence(code: str) -> str:
    """What is the matter, in the active language; empty for no code."""
    return str(reason_of(code).sentence)


def remedy(code: str) -> str:
    """What a person can do about it, in the active language; empty where nobody has to."""
    return str(reason_of(code).remedy)


def _mail_step(step: str, verdict: str) -> Reason:
    if verdict in ("timeout", "lost", "unreadable"):
        if step == "dot":
            return Reason(_("The connection broke off after the mail was handed over; it may be out."))
        return Reason(_("The connection to the mail server broke off; the mail was not sent."))
    if verdict == "421":
        return Reason(_("The mail server is closing down for a moment."))
    if verdict in ("530", "534", "535", "538"):
        return _MAIL_STEPS["auth"]
    if verdict.startswith("4"):
        return Reason(_("The mail server does not take this mail now and asks to try later."))
    return _MAIL_STEPS[step]


def _status(status: int) -> Reason:
    if status >= 500:
        return Reason(gettext("The other side has an inner fault (status %(status)s).") % {"status": status})
    return Reason(gettext("The other side refused the data (status %(status)s).") % {"status": status}, _CHECK_PERSON)
