"""Which field of a form elsewhere fills which of ours: what a marketer says, or else what the field is usually called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registrations.forms.build import PREFIX
from registrations.forms.spec import QuestionSpec

FIXED = ("email", "first_name", "last_name", "name", "time_zone")
"""What every form has; `name` is first and last name in one. A question of the same key is meant by `q_` and its key."""

LEFT_OUT = ""
SHAPE = gettext_lazy('Write the fields as {"their name": "our key"}, all in straight quotes.')
MAX_LINES = 100

_USUAL: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e-mail", "mail", "your email", "почта", "эл. почта", "электронная почта", "эл. адрес", "имейл"),
    "name": ("name", "full name", "fullname", "your name", "имя и фамилия", "фио", "ф.и.о.", "ваше имя", "имя"),
    "first_name": ("first name", "firstname", "first_name", "given name"),
    "last_name": ("last name", "lastname", "last_name", "surname", "family name", "фамилия", "ваша фамилия"),
    "time_zone": ("time_zone", "timezone"),
}
_USUAL_PHONES = frozenset({"phone", "tel", "telephone", "mobile", "телефон", "мобильный", "номер телефона", "ваш телефон"})
_BY_NAME = {name: target for target, names in _USUAL.items() for name in names}

# What builders add of their own: ids, payment, where the visitor came from. Tilda: help-ru.tilda.cc/forms/webhook.
_OF_THE_BUILDER = re.compile(
    r"(tranid|formid|formname|formserviceids|cookies|referer|referrer|requestid|pageid|projectid|test|lang"
    r"|utm_.*|tilda.*|form-spec-.*|ma_.*|_.*|payment.*|subscr.*|gclid|yclid|fbclid)"
)
_SPACE = re.compile(r"[\s*:]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a post says in our words: `fixed` by the names of `FIXED`, `answers` by question key.

    `unmapped` are the names of fields that nothing of ours is filled from, in the order of the post.
    """

    fixed: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()


def read(posted: Mapping[str, str], *, field_map: Mapping[str, str], questions: Sequence[QuestionSpec]) -> Reading:
    """Tell what a post from elsewhere says. Of two fields for the same thing the first that is filled in counts."""
    said = {_plain(name): target for name, target in field_map.items()}
    own = _own_names(questions)
    fixed: dict[str, str] = {}
    answers: dict[str, str] = {}
    unmapped = []
    for name, text in posted.items():
        plain = _plain(name)
        target = said.get(plain, own.get(plain, _BY_NAME.get(plain)))
        if target is None and plain in _USUAL_PHONES:
            target = next((PREFIX + question.key for question in questions if question.type == "phone"), None)
        if target is None:
            if not _OF_THE_BUILDER.fullmatch(plain):
                unmapped.append(name)
        elif target in FIXED:
            fixed[target] = fixed.get(target) or text
        elif target != LEFT_OUT:
            key = target.removeprefix(PREFIX)
            answers[key] = answers.get(key) or text
    return Reading(_with_both_names(fixed), answers, tuple(unmapped))


def faults(field_map: object, *, questions: Sequence[QuestionSpec]) -> list[str]:
    """What is wrong with a map that a marketer wrote, as sentences; empty if it can be used."""
    if not isinstance(field_map, dict) or not all(isinstance(target, str) for target in field_map.values()):
        return [str(SHAPE)]
    if len(field_map) > MAX_LINES:
        return [_("There are too many fields.")]
    targets = {*FIXED, LEFT_OUT, *(question.key for question in questions), *(PREFIX + question.key for question in questions)}
    known = ", ".join([*FIXED, *(question.key for question in questions)])
    found = [
        _("“%(name)s” would fill “%(target)s”, which the campaign's form does not have. It has: %(known)s.")
        % {"name": name, "target": target, "known": known}
        for name, target in field_map.items()
        if target not in targets
    ]
    names = [_plain(name) for name in field_map]
    if len(set(names)) < len(names) or "" in names:
        found.append(_("Each name may stand there once, and none may be empty. Capital letters make no difference."))
    return found


def _own_names(questions: Sequence[QuestionSpec]) -> dict[str, str]:
    """How a form elsewhere may call our questions: by key or by label. What is usual for a fixed field stays with that."""
    names: dict[str, str] = {}
    for question in questions:
        for name in (PREFIX + question.key, question.key, question.label):
            if _plain(name) not in _BY_NAME:
                names.setdefault(_plain(name), PREFIX + question.key)
    return names


def _plain(name: str) -> str:
    return _SPACE.sub(" ", name.replace("_", " ") if name.isupper() else name).strip().casefold().removesuffix("[]")


def _with_both_names(fixed: Mapping[str, str]) -> dict[str, str]:
    """First and last name out of one field where they have none of their own; a single word is a first name."""
    found = dict(fixed)
    whole = found.pop("name", "")
    if whole and found.get("last_name"):
        found["first_name"] = found.get("first_name") or whole
    elif whole and not found.get("first_name"):
        found["first_name"], _separator, found["last_name"] = " ".join(whole.split()).partition(" ")
    return found
