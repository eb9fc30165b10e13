"""What a browser does for a form with a proof of work: it asks for a challenge and solves it."""

from __future__ import annotations

import base64
import json
from typing import Any

from altcha import Challenge, solve_challenge
from django.test import Client

from registrations.models import Campaign

LIGHT = {"cost": 1, "expires_seconds": 3600}
"""Settings of a challenge that is solved in an instant."""


def challenge(client: Client, campaign: Campaign) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/c/{campaign.slug}/challenge/").json()
    return found


def solved(told: dict[str, Any], **solution: Any) -> str:
    """The field that a browser sends for a challenge; `solution` changes what it found."""
    found = solve_challenge(Challenge.from_dict(told))
    assert found is not None
    return packed({"challenge": told, "solution": {**found.to_dict(), **solution}})


def packed(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def proof(client: Client, campaign: Campaign) -> str:
    """A fresh solution of a fresh challenge."""
    return solved(challenge(client, campaign))
