"""Reading the parameters that events and sessions share. Sources: MTS Link articles 19681, 19682, 19675, 19685."""

from __future__ import annotations

import hashlib
from typing import Any

from registrations.sandbox.platform import forms, when
from registrations.sandbox.platform.answers import bad_field, bad_request
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import Meeting

HOUR = 3600
_ACCESS = {
    1: (False, False, False),
    3: (True, False, False),
    4: (False, True, False),
    6: (True, True, False),
    8: (False, True, True),
    10: (True, True, True),
}
_CHOICES = {
    "lang": ("RU", "EN"),
    "type": ("webinar", "meeting", "training"),
    "startType": ("manual", "autostart", "autowebinar"),
}
_ATTRIBUTES = {"lang": "lang", "type": "type", "startType": "start_type"}


def read(call: Call, base: Meeting | None) -> dict[str, Any]:
    """The attributes that the parameters set; what they leave out comes from `base`, or is absent without one.

    Raises ApiError with the field that cannot be read.
    """
    params = call.params
    changes: dict[str, Any] = {}
    if forms.text(params, "name"):
        changes["name"] = forms.text(params, "name")
    if "description" in params:
        changes["description"] = forms.text(params, "description")
    for name, allowed in _CHOICES.items():
        value = forms.text(params, name)
        if value and value not in allowed:
            raise bad_field(name, "ERROR_INVALID")
        if value:
            changes[_ATTRIBUTES[name]] = value
    if forms.number(params, "image") is not None:
        changes["image_id"] = forms.number(params, "image")
    if "additionalFields" in params:
        changes["additional_fields"] = _additional_fields(params)
    if "lectorIds" in params:
        changes["lector_ids"] = forms.numbers(params, "lectorIds")
    if "tags" in params:
        changes["tags"] = forms.texts(params, "tags")
    return changes | _access(call, base) | _times(call, base)


def _access(call: Call, base: Meeting | None) -> dict[str, Any]:
    params = call.params
    settings = forms.mapping(params, "accessSettings")
    number = forms.text(params, "access")
    if settings and number and call.switches["access_both"] == "400":
        raise bad_request()
    password = forms.text(params, "password") or (base.password if base else "")
    if settings:
        needs_password = bool(forms.flag(settings, "isPasswordRequired"))
        moderated = bool(forms.flag(settings, "isModerationRequired"))
        registered = bool(forms.flag(settings, "isRegistrationRequired"))
    elif number:
        flags = _ACCESS.get(forms.number(params, "access") or 0)
        if flags is None:
            raise bad_field("access", "ERROR_INVALID")
        needs_password, registered, moderated = flags
    else:
        return {"password": password}
    if needs_password and not password:
        raise bad_field("password", "ERROR_EMPTY")
    return {
        "password": password,
        "password_required": needs_password,
        "registration_required": registered,
        "moderation_required": moderated,
    }


def _times(call: Call, base: Meeting | None) -> dict[str, Any]:
    zone_id = when.read_zone(call.params, base.timezone_id if base else call.organization.timezone_id)
    starts_at = when.read_moment(call.params, "startsAt", zone_id)
    ends_at = when.read_moment(call.params, "endsAt", zone_id)
    duration = when.read_duration(call.params)
    changes: dict[str, Any] = {"timezone_id": zone_id}
    if starts_at is not None:
        changes["starts_at"] = starts_at
        length = duration or (base.ends_at - base.starts_at if base else HOUR)
        changes["ends_at"] = starts_at + max(length, 60)
    elif duration is not None and base is not None:
        changes["ends_at"] = base.starts_at + duration
    if ends_at is not None:
        changes["ends_at"] = ends_at
    return changes


def _additional_fields(params: forms.Params) -> list[dict[str, Any]]:
    """The extra fields with their keys: the md5 of the label, so that a field keeps its key when an event is made again."""
    fields: list[dict[str, Any]] = []
    for index, item in enumerate(forms.maps(params, "additionalFields")):
        label = forms.text(item, "label")
        kind = forms.text(item, "type", "text")
        if not label:
            raise bad_field(f"additionalFields[{index}].label", "ERROR_EMPTY")
        if kind not in ("text", "radio"):
            raise bad_field(f"additionalFields[{index}].type", "ERROR_INVALID")
        same = sum(field["label"] == label for field in fields)
        digest = hashlib.md5(f"{label}{same or ''}".encode(), usedforsecurity=False).hexdigest()
        fields.append(
            {
                "key": digest,
                "label": label,
                "type": kind,
                "isRequired": forms.flag(item, "isRequired") is not False,
                "values": forms.texts(item, "values"),
            }
        )
        if forms.text(item, "placeholder"):
            fields[-1]["placeholder"] = forms.text(item, "placeholder")
    return fields
