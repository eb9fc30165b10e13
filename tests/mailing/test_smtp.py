"""Every answer, silence and hang-up of a mail server, on a real socket."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

import pytest

from registrations.mailing.compose import compose
from registrations.mailing.errors import MailDeferred, MailError, MailRefused, MailUnavailable, MailUncertain
from registrations.mailing.smtp import DEFAULT_TIMEOUT, MarkingBackend, verdict
from tests.mailing.letters import a_letter
from tests.mailing.scripted_server import DROP, HANG, ScriptedServer, scripted

LONG_LINE = "250 " + "x" * 9000


@contextlib.contextmanager
def client_of(server: ScriptedServer, *, timeout: float = 2) -> Iterator[MarkingBackend]:
    backend = MarkingBackend(host="127.0.0.1", port=server.port, timeout=timeout)
    yield backend
    backend.drop()


@contextlib.contextmanager
def serving(**script: str | Sequence[str]) -> Iterator[tuple[ScriptedServer, MarkingBackend]]:
    with scripted(**script) as server, client_of(server) as backend:
        yield server, backend


def deliver(backend: MarkingBackend, marks: list[str] | None = None) -> str:
    return backend.deliver(compose(a_letter()), on_data=lambda: (marks if marks is not None else []).append("mark"))


def outcome(marks: list[str] | None = None, *, timeout: float = 2, **script) -> MailError:
    """Return the error of one mail to a server with that script, after making sure that the next mail goes through."""
    with scripted(**script) as server, client_of(server, timeout=timeout) as backend:
        with pytest.raises(MailError) as failure:
            deliver(backend, marks)
        delivered_before = len(server.texts)
        assert "queued as" in deliver(backend)
        assert len(server.texts) == delivered_before + 1
    return failure.value


def test_a_mail_is_handed_over_and_the_servers_words_come_back():
    with serving() as (server, backend):
        assert deliver(backend) == "2.0.0 queued as 4F1B"
        backend.close()
        assert server.heard == ["ehlo", "mail", "rcpt", "data", "dot", "quit"]
        assert server.commands[1:3] == ["mail FROM:<webinars@example.org> body=8bitmime", "rcpt TO:<anna@example.net>"]


def test_the_mark_is_made_between_recipient_and_text():
    with serving() as (server, backend):
        seen: list[list[str]] = []
        backend.deliver(compose(a_letter()), on_data=lambda: seen.append(list(server.heard)))
        assert seen == [["ehlo", "mail", "rcpt"]]


def test_the_text_arrives_as_it_was_composed_with_its_leading_dots():
    message = compose(a_letter(intro="One\n.\n..two\nthree"))
    with serving() as (server, backend):
        backend.deliver(message, on_data=lambda: None)
        (text,) = server.texts
    assert b"\r\n..\r\n...two\r\nthree" in text
    assert text.replace(b"\r\n.", b"\r\n") == message.message().as_bytes().replace(b"\n", b"\r\n")


def test_one_connection_serves_many_mails():
    with serving() as (server, backend):
        for _ in range(3):
            deliver(backend)
        assert server.connections == 1
        assert len(server.texts) == 3


@pytest.mark.parametrize(
    ("script", "error", "code", "marked"),
    [
        ({"mail": "451 try later"}, MailDeferred, "mail_451", False),
        ({"mail": "550 sender unknown"}, MailUnavailable, "mail_550", False),
        ({"mail": "552 too large"}, MailRefused, "mail_552", False),
        ({"mail": "530 log in first"}, MailUnavailable, "mail_530", False),
        ({"rcpt": "450 greylisted"}, MailDeferred, "rcpt_450", False),
        ({"rcpt": "432 mailbox busy"}, MailDeferred, "rcpt_432", False),
        ({"rcpt": "452 mailbox full"}, MailDeferred, "rcpt_452", False),
        ({"rcpt": "552 mailbox full"}, MailDeferred, "rcpt_552", False),
        ({"rcpt": "550 no such user"}, MailRefused, "rcpt_550", False),
        ({"rcpt": "421 closing"}, MailUnavailable, "rcpt_421", False),
        ({"rcpt": "535 log in again"}, MailUnavailable, "rcpt_535", False),
        ({"data": "451 try later"}, MailDeferred, "data_451", True),
        ({"data": "554 no valid recipients"}, MailRefused, "data_554", True),
        ({"data": "250 what"}, MailDeferred, "data_unreadable", True),
        ({"dot": "451 disk full"}, MailDeferred, "dot_451", True),
        ({"dot": "421 closing"}, MailUnavailable, "dot_421", True),
        ({"dot": "554 looks like spam"}, MailRefused, "dot_554", True),
        ({"dot": "who knows"}, MailUncertain, "dot_unreadable", True),
        ({"dot": "354 go on"}, MailUncertain, "dot_unreadable", True),
        ({"dot": LONG_LINE}, MailUncertain, "dot_unreadable", True),
        ({"mail": "who knows"}, MailDeferred, "mail_unreadable", False),
        ({"rcpt": LONG_LINE}, MailDeferred, "rcpt_unreadable", False),
    ],
)
def test_each_refusal_is_named_by_what_to_do_next_and_the_next_mail_is_fine(script, error, code: str, marked: bool):
    marks: list[str] = []
    failure = outcome(marks, **script)
    assert type(failure) is error
    assert failure.code == code
    assert marks == (["mark"] if marked else [])


@pytest.mark.parametrize("what", [HANG, DROP])
@pytest.mark.parametrize(
    ("verb", "error", "marked"),
    [
        ("greeting", MailUnavailable, False),
        ("ehlo", MailUnavailable, False),
        ("mail", MailDeferred, False),
        ("rcpt", MailDeferred, False),
        ("data", MailDeferred, True),
        ("dot", MailUncertain, True),
    ],
)
def test_a_server_that_falls_silent_or_hangs_up_is_left_in_time(what: str, verb: str, error: type[MailError], marked: bool):
    marks: list[str] = []
    began = time.monotonic()
    # Both EHLO and the HELO that follows a lost EHLO go unanswered.
    failure = outcome(marks, timeout=0.2, **{verb: what})
    assert time.monotonic() - began < 2
    assert type(failure) is error
    assert marks == (["mark"] if marked else [])
    if error is not MailUnavailable:
        assert failure.code == f"{verb}_{'timeout' if what == HANG else 'lost'}"


def test_only_after_the_text_is_a_lost_connection_a_doubt():
    with serving(data=DROP) as (server, backend):
        with pytest.raises(MailDeferred):
            deliver(backend)
        assert server.texts == []


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"greeting": "554 not you"}, "greeting_554"),
        ({"greeting": "421 too busy"}, "greeting_421"),
        ({"ehlo": "550 no", "helo": "550 no"}, "helo_550"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_unavailable(script, code: str):
    failure = outcome(**script)
    assert type(failure) is MailUnavailable
    assert failure.code == code


def test_a_refused_log_in_is_unavailable():
    script = {"ehlo": "250-here\r\n250 AUTH PLAIN", "auth": "535 5.7.8 wrong password for webinars@example.org"}
    with scripted(**script) as server:
        backend = MarkingBackend(host="127.0.0.1", port=server.port, username="webinars", password="secret", timeout=2)
        with pytest.raises(MailUnavailable) as failure:
            backend.open_or_fail()
    assert failure.value.code == "auth_535"
    assert "webinars@" not in failure.value.detail
    assert "secret" not in str(failure.value)


def test_a_server_without_tls_is_unavailable_when_tls_is_asked_for():
    with scripted() as server:
        backend = MarkingBackend(host="127.0.0.1", port=server.port, use_tls=True, timeout=2)
        with pytest.raises(MailUnavailable, match="not_supported"):
            backend.open_or_fail()


def test_nobody_listening_is_unavailable():
    with scripted() as server:
        port = server.port
    with pytest.raises(MailUnavailable, match="connect_failed"):
        deliver(MarkingBackend(host="127.0.0.1", port=port, timeout=2))


@pytest.mark.parametrize("goodbye", [DROP, "421 idle too long"])
def test_a_kept_connection_that_is_gone_is_opened_anew(goodbye: str):
    with serving(mail=["250 fine", goodbye]) as (server, backend):
        marks: list[str] = []
        deliver(backend, marks)
        deliver(backend, marks)
        assert server.connections == 2
        assert len(server.texts) == 2
        assert marks == ["mark", "mark"]


def test_a_new_connection_that_is_closed_at_once_is_not_tried_over_and_over():
    with serving(mail=[DROP, DROP]) as (server, backend):
        with pytest.raises(MailDeferred, match="mail_lost"):
            deliver(backend)
        assert server.connections == 1


def test_a_connection_lost_after_the_recipient_is_not_tried_again_by_itself():
    with serving(rcpt=["250 fine", DROP]) as (server, backend):
        deliver(backend)
        with pytest.raises(MailDeferred):
            deliver(backend)
        assert len(server.texts) == 1


@pytest.mark.parametrize("answer", [DROP, "421 closing", "500 what"])
def test_a_connection_that_cannot_be_reset_is_left(answer: str):
    with serving(rcpt="550 no such user", rset=answer) as (server, backend):
        with pytest.raises(MailRefused):
            deliver(backend)
        deliver(backend)
        assert server.connections == 2


def test_what_the_mark_raises_is_passed_on_and_nothing_is_sent():
    def lose_the_lease() -> None:
        raise LookupError("lease lost")

    with serving() as (server, backend):
        with pytest.raises(LookupError, match="lease lost"):
            backend.deliver(compose(a_letter()), on_data=lose_the_lease)
        assert server.texts == []
        assert server.heard[-1] == "rset"
        deliver(backend)
        assert len(server.texts) == 1


def test_a_refusal_is_told_without_address_or_link():
    reply = "550 5.1.1 <anna@example.net>: user anna unknown, see https://mail.example.com/why?u=anna"
    failure = outcome(rcpt=reply)
    assert failure.detail == "550 5.1.1 <[address]>: user [address] unknown, see [link]"


def test_a_server_that_hangs_at_goodbye_does_not_hold_us_up():
    with scripted(quit=HANG) as server, client_of(server, timeout=0.2) as backend:
        deliver(backend)
        began = time.monotonic()
        backend.close()
        assert time.monotonic() - began < 1
        assert backend.connection is None


def test_a_mail_to_two_people_is_refused():
    message = compose(a_letter())
    message.cc = ["eve@example.net"]
    with serving() as (server, backend):
        with pytest.raises(ValueError, match="unpack"):
            backend.deliver(message, on_data=lambda: None)
        assert server.connections == 0


def test_without_a_setting_the_time_limit_is_half_a_minute(settings):
    settings.EMAIL_TIMEOUT = None
    assert MarkingBackend().timeout == DEFAULT_TIMEOUT == 30


def test_djangos_own_way_of_sending_still_works():
    with serving() as (server, backend):
        assert backend.send_messages([compose(a_letter())]) == 1
        assert len(server.texts) == 1


def test_a_verdict_keeps_the_servers_number():
    assert verdict("rcpt", 550, b"no").detail == "550 no"
