"""The Russian texts; they need the compiled catalogue."""

from __future__ import annotations

import re

import pytest

from registrations.mailing.compose import compose
from registrations.mailing.kinds import KINDS
from tests.mailing.letters import LINK, a_letter, a_meeting

TITLE = "Как читать договоры"


def russian(kind: str, **changes):
    return compose(
        a_letter(
            kind=kind,
            language="ru",
            first_name="Анна",
            last_name="Петрова",
            event_title=TITLE,
            meetings=(a_meeting(title=TITLE),),
            from_name="Школа права",
            person_zone="Asia/Yekaterinburg",
            **changes,
        )
    )


@pytest.mark.parametrize(
    ("kind", "subject", "sentence"),
    [
        ("link", "Ваша ссылка", "Эта ссылка только ваша, пожалуйста, не пересылайте её."),
        ("known", "Вы зарегистрированы", "Вы уже зарегистрированы как Анна Петрова. Вот ваша ссылка."),
        (
            "delayed",
            "Ссылка придёт позже",
            "Ваша заявка у нас. Платформа сейчас отвечает медленно; ссылку пришлём сразу, как она ответит.",
        ),
        ("cancelled", "Регистрация отменена", "Ваша регистрация отменена."),
        ("no_link", "Зарегистрировать вас не удалось", "Зарегистрировать вас не удалось, поэтому ссылки не будет."),
    ],
)
def test_a_russian_mail_says_it_in_russian(kind: str, subject: str, sentence: str):
    mail = russian(kind)
    assert mail.subject == f"{subject}: {TITLE}, 26 ноября 2026 г."
    assert sentence in " ".join(mail.body.split())


def test_the_times_name_their_zones_in_russian():
    body = russian("link").body
    assert "26 ноября 2026 г., 19:00–20:30 (Москва, UTC+3)" in body
    assert "По вашему времени: 26 ноября 2026 г., 21:00–22:30 (Екатеринбург, UTC+5)" in body


@pytest.mark.parametrize("kind", KINDS)
def test_no_english_sentence_is_left(kind: str):
    facts = {"account": "Аккаунт", "scope": "account", "reason": "Ключ неверен.", "why": "event_over"}
    text = re.sub(r"\S*(://|@)\S*", "", russian(kind, facts=facts).body).replace(LINK, "").replace("UTC", "")
    assert not re.search(r"[A-Za-z]{2,}", text)
