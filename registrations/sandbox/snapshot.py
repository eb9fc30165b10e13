"""Keeping the state in one JSON file, so that a second start finds events, people and mails again."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from registrations.sandbox.platform.model import ApiKey, Event, Member, Organization, Participation, Session
from registrations.sandbox.state import Sandbox

VERSION = 1
EVERY_SECONDS = 3.0
KEPT_MAILS = 500
IDS_SKIPPED = 1000


class UnreadableState(ValueError):
    """The file is not a snapshot of this program; the text names it."""


def export(sandbox: Sandbox) -> dict[str, Any]:
    """The state as JSON values. Of the mails only the newest are kept; faults, switches and the journal are not."""
    world = sandbox.world
    mails = [
        {
            "sender": mail.sender,
            "recipients": list(mail.recipients),
            "received_at": mail.received_at,
            "raw": base64.b64encode(mail.raw).decode(),
        }
        for mail in reversed(list(islice(sandbox.mails.newest(), KEPT_MAILS)))
    ]
    return {
        "version": VERSION,
        "last_ids": world.last_ids,
        "organizations": [asdict(item) for item in world.organizations.values()],
        "keys": [asdict(item) for item in world.keys.values()],
        "events": [asdict(item) for item in world.events.values()],
        "sessions": [asdict(item) for item in world.sessions.values()],
        "participations": [asdict(item) for item in world.participations.values()],
        "contacts": [[*key, number] for key, number in world.contacts.items()],
        "people": world.people,
        "mails": mails,
    }


def restore(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """Put exported values back in place of what there is. Raises KeyError, TypeError or ValueError for foreign data."""
    if data["version"] != VERSION:
        raise ValueError(data["version"])
    world = sandbox.world
    world.clear()
    # The file may be seconds older than what was last answered: ids that may be out are never given again.
    world.last_ids.update({name: number + IDS_SKIPPED for name, number in data["last_ids"].items()})
    for item in data["organizations"]:
        members = [Member(**member) for member in item["members"]]
        world.organizations[item["id"]] = Organization(**item | {"members": members})
    for item in data["keys"]:
        world.keys[item["token"]] = ApiKey(**item)
    for item in data["events"]:
        world.add_event(Event(**item))
    for item in data["sessions"]:
        world.add_session(Session(**item))
    for item in data["participations"]:
        world.add_participation(Participation(**item))
    world.contacts.update({(organization, address): number for organization, address, number in data["contacts"]})
    world.people.update(data["people"])
    for item in data["mails"]:
        sandbox.mails.add(item["sender"], tuple(item["recipients"]), base64.b64decode(item["raw"]), item["received_at"])


def load(sandbox: Sandbox, path: Path) -> None:
    """Read the file if there is one. Raises UnreadableState."""
    if not path.exists():
        return
    try:
        restore(sandbox, json.loads(path.read_text("utf-8")))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UnreadableState(f"{path} is not a state file of the sandbox; move it away to start afresh") from problem


def save(sandbox: Sandbox, path: Path) -> None:
    """Write the file in one step: a reader sees the old one or the new one. Readable by its owner alone: it holds links."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(export(sandbox), stream, ensure_ascii=False, separators=(",", ":"))
    part.replace(path)


async def keep_saving(sandbox: Sandbox, path: Path) -> None:
    """Save every few seconds when something changed, until cancelled."""
    saved = sandbox.revision
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if sandbox.revision == saved:
            continue
        saved = sandbox.revision
        save_or_say(sandbox, path)


def save_or_say(sandbox: Sandbox, path: Path) -> None:
    """Save; a disk that cannot take it is said in one line, and the sandbox goes on."""
    try:
        save(sandbox, path)
    except OSError as problem:
        print(f"sandbox: the state could not be saved: {problem}", file=sys.stderr, flush=True)  # noqa: T201
