"""The shapes of bodies, for reading and for the API's description. What an entry may say is the campaign's form's business."""

from __future__ import annotations

from rest_framework import serializers

MAX_TEXT = 8000
MAX_ANSWERS = 100


class RegistrationBody(serializers.Serializer):
    """One person, as a form of yours has them. What is not named here is left out."""

    email = serializers.CharField(max_length=MAX_TEXT, allow_blank=True, help_text="Where the personal link is sent.")
    first_name = serializers.CharField(max_length=MAX_TEXT, allow_blank=True)
    last_name = serializers.CharField(max_length=MAX_TEXT, allow_blank=True)
    answers = serializers.DictField(
        child=serializers.CharField(max_length=MAX_TEXT, allow_blank=True, trim_whitespace=False),
        required=False,
        help_text="Answers to the campaign's questions, as text by the question's key; a box to tick: yes or no.",
    )
    time_zone = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="The person's zone, an IANA name like Europe/Moscow."
    )
    language = serializers.CharField(
        max_length=10,
        required=False,
        allow_blank=True,
        help_text="The language to write to the person in: en or ru. Otherwise the campaign's.",
    )
    consents = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        max_length=50,
        help_text="The fingerprints of the texts that the person agreed to by boxes of their own; see the campaign's page.",
    )
    sessions = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        max_length=500,
        help_text="Where people choose among the dates of a series: the ids of those, as the campaign's form has them.",
    )
    all_dates = serializers.BooleanField(
        required=False, help_text="In place of these: all dates, and by themselves also those that are added later."
    )
    source = serializers.DictField(
        child=serializers.CharField(max_length=MAX_TEXT, allow_blank=True),
        required=False,
        help_text="Where the person came from: utm_source and the like, click ids, page, referrer, landing.",
    )


class Received(serializers.Serializer):
    """The form is kept, and will be worked off. It says nothing about whether the address was known."""

    status = serializers.ChoiceField(choices=["received"])
    status_url = serializers.URLField(help_text="Where to ask how far it is.")
    token = serializers.CharField(help_text="The last part of that address.")


class Status(serializers.Serializer):
    """How far a form is: kept, or its mail taken by the mail server."""

    status = serializers.ChoiceField(choices=["received", "mail_handed_over"])


class FieldError(serializers.Serializer):
    """What is wrong with one field."""

    pointer = serializers.CharField(help_text="Where in the body, as a JSON pointer: #/email, #/answers/role.")
    code = serializers.CharField(help_text="required, invalid, max_length, invalid_choice …")
    detail = serializers.CharField(help_text="A sentence that may be shown to the person.")


class ProblemDocument(serializers.Serializer):
    """What is wrong (RFC 9457)."""

    type = serializers.CharField(help_text="urn:regsite:problem: and a code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    availability = serializers.CharField(required=False, help_text="With 409 and 410: why there is no sign-up.")
    errors = FieldError(many=True, required=False)
