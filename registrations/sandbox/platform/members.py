"""Employees and time zones. Source: MTS Link article 3151499."""

from __future__ import annotations

from registrations.sandbox.platform import forms, paging, present
from registrations.sandbox.platform.answers import Answer
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import Member
from registrations.sandbox.platform.when import ZONES


def members(call: Call) -> Answer:
    """GET /organization/members: everybody unless perPage is sent."""
    found = [member for member in call.organization.members if _matches(call.params, member)]
    page = found[paging.window(call, paging.PEOPLE_SIZES, None)]
    return Answer(200, [present.member_row(call.organization, member) for member in page])


def _matches(params: forms.Params, member: Member) -> bool:
    wanted = {name: forms.text(params, name).lower() for name in ("id", "role", "email", "position")}
    have = {"id": str(member.id), "role": member.role.lower(), "email": member.email, "position": member.position.lower()}
    return all(not value or have[name] == value for name, value in wanted.items())


def timezones(_call: Call) -> Answer:
    """GET /timezones."""
    return Answer(200, [zone.as_json() for zone in ZONES.values()])
