from __future__ import annotations

import pytest
from django.template.loader import get_template

from registrations.mailing.kinds import CURRENT_TEXT_VERSION, KINDS, TEXT_FOLDERS, kind_choices


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("version", TEXT_FOLDERS)
def test_every_kind_has_its_two_templates_in_every_version(kind, version: int):
    for ending in ("html", "txt"):
        assert get_template(f"{TEXT_FOLDERS[version]}/{kind.template}.{ending}")


def test_new_mails_take_the_newest_version():
    assert max(TEXT_FOLDERS) == CURRENT_TEXT_VERSION


def test_staff_choose_among_all_kinds_by_label():
    assert dict(kind_choices()).keys() == KINDS.keys()
    assert all(str(label) for label in dict(kind_choices()).values())
