from __future__ import annotations

from registrations.sandbox.mailbox.store import MailStore


def add(store: MailStore, *recipients: str, raw: bytes = b"x") -> int:
    return store.add("a@example.com", recipients, raw).id


def test_an_address_is_matched_exactly_but_for_capitals() -> None:
    store = MailStore()
    first = add(store, "Ivan@Example.com")
    add(store, "ivan@example.com.evil")
    assert [mail.id for mail in store.to(" ivan@example.COM ")] == [first]


def test_the_oldest_go_when_there_are_too_many() -> None:
    store = MailStore(most_mails=2)
    ids = [add(store, "a@example.com") for _ in range(3)]
    assert [mail.id for mail in store.newest()] == ids[:0:-1]
    assert [mail.id for mail in store.to("a@example.com")] == ids[1:]
    assert (store.received, len(store)) == (3, 2)


def test_the_oldest_go_when_it_is_too_much() -> None:
    store = MailStore(most_bytes=10)
    add(store, "a@example.com", raw=b"x" * 6)
    second = add(store, "a@example.com", raw=b"x" * 6)
    assert [mail.id for mail in store.everything()] == [second]


def test_one_address_can_be_cleared() -> None:
    store = MailStore()
    add(store, "a@example.com")
    kept = add(store, "b@example.com")
    assert store.clear("A@example.com") == 1
    assert [mail.id for mail in store.everything()] == [kept]
    assert store.received == 2
    store.clear()
    assert store.received == 0
