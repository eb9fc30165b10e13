"""A second reader of calendar files, written from RFC 5545 alone, so that no library judges what it wrote itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

_ESCAPED = re.compile(r"\\([nN;,\\])")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:,]*)')
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ONCE = ("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "URL", "STATUS", "ORGANIZER", "CLASS", "DESCRIPTION")


@dataclass
class Line:
    """One content line: name, parameters, raw value."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Entry:
    """One VEVENT with its lines, and the lines of its alarms."""

    lines: list[Line] = field(default_factory=list)
    alarms: list[list[Line]] = field(default_factory=list)

    def line(self, name: str) -> Line | None:
        found = [line for line in self.lines if line.name == name]
        assert len(found) <= 1 or name not in _ONCE, f"{name} stands more than once"
        return found[0] if found else None

    def text(self, name: str) -> str:
        line = self.line(name)
        return "" if line is None else _ESCAPED.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], line.value)

    @property
    def start(self) -> datetime:
        return self._moment("DTSTART")

    @property
    def end(self) -> datetime:
        return self._moment("DTEND")

    @property
    def stamp(self) -> datetime:
        return self._moment("DTSTAMP")

    def _moment(self, name: str) -> datetime:
        line = self.line(name)
        assert line is not None
        assert "TZID" not in line.parameters
        return datetime.strptime(line.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass
class File:
    """A whole calendar: its own properties and its entries."""

    properties: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


def read_calendar(content: bytes) -> File:
    """Read a calendar file strictly: line ends, line lengths, nesting, and the properties that must be there."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    unfolded = content.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode()
    file, nesting, entry = File(), [], Entry()
    for text in unfolded.split("\r\n")[:-1]:
        line = _line(text)
        if line.name == "BEGIN":
            nesting.append(line.value)
            if line.value == "VEVENT":
                entry = Entry()
                file.entries.append(entry)
            elif line.value == "VALARM":
                entry.alarms.append([])
        elif line.name == "END":
            assert nesting.pop() == line.value
        elif nesting == ["VCALENDAR"]:
            assert not file.entries, "a property of the calendar after an entry"
            file.properties[line.name] = line.value
        elif nesting == ["VCALENDAR", "VEVENT"]:
            entry.lines.append(line)
        else:
            assert nesting == ["VCALENDAR", "VEVENT", "VALARM"]
            entry.alarms[-1].append(line)
    assert nesting == []
    assert file.properties["VERSION"] == "2.0"
    assert file.properties["PRODID"]
    for each in file.entries:
        assert each.text("UID")
        assert each.stamp
        assert each.start < each.end
    return file


def _line(text: str) -> Line:
    found = _NAME.match(text)
    assert found, text
    name, at, parameters = found[0].upper(), found.end(), {}
    while parameter := _PARAMETER.match(text, at):
        parameters[parameter[1].upper()] = parameter[2].strip('"')
        at = parameter.end()
    assert text[at : at + 1] == ":", text
    value = text[at + 1 :]
    assert not any(ord(sign) < 32 and sign != "\t" for sign in value), text
    return Line(name, parameters, value)
