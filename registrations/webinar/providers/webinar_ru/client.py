"""Calls to the API that come back as JSON or as one of our errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Scope, Unavailable, Uncertain
from registrations.webinar.form_encoding import Form
from registrations.webinar.provider import BeforeCall, Credentials, Person
from registrations.webinar.providers.webinar_ru import unconfirmed
from registrations.webinar.providers.webinar_ru.failures import Conflict, Refusal, code_of, invalid_data, read_refusal
from registrations.webinar.providers.webinar_ru.payloads import MemberRow, rows
from registrations.webinar.providers.webinar_ru.values import mapping
from registrations.webinar.transport import Answer, Limits, Transport


class Client:
    """One account's API. Every method raises the errors of `registrations.webinar.errors` and no others.

    `refused` is the scope of a 403 that is not about the key; `missing` the scope of a 404.
    """

    def __init__(self, credentials: Credentials, *, before_call: BeforeCall, limits: Limits | None = None) -> None:
        key = credentials.api_key.strip()
        self._transport = Transport(
            credentials.base_url,
            headers={"x-auth-token": key},
            before_call=before_call,
            private=(key,),
            wording=lambda answer: read_refusal(answer).message,
            limits=limits,
        )

    def read(self, path: str, query: Form | None = None, *, refused: Scope, missing: Scope = Scope.TARGET) -> Any:
        """The JSON that a GET answers."""
        answer = self._transport.call("GET", path, query=query)
        if not answer.ok:
            self._fail(answer, refused=refused, missing=missing)
        return _json(answer, Unavailable)

    def write(
        self,
        method: str,
        path: str,
        form: Form,
        *,
        refused: Scope,
        people: Sequence[Person] = (),
        empty_ok: bool = False,
    ) -> Any:
        """The JSON that a write answers, or `{}` for an empty body if `empty_ok`. `people` are those it speaks of."""
        private = [value for person in people for value in _private(person)]
        answer = self._transport.call(method, path, form=form, private=private)
        if not answer.ok:
            self._fail(answer, refused=refused, people=people, private=private, write=True)
        if empty_ok and not answer.body.strip():
            return {}
        return _json(answer, Uncertain)

    def pages(
        self, path: str, query: Form, *, sizes: Sequence[int], refused: Scope, missing: Scope = Scope.TARGET
    ) -> Iterator[list[Any]]:
        """The pages of a list, until one is not full. Each of `sizes` divides the one before it.

        There is no total count (1 call a page). A page too large to take in is asked for again in smaller pieces.
        """
        size, *smaller = sizes
        offset, previous = 0, None
        while True:
            try:
                answer = self.read(
                    path, {**query, "page": offset // size + 1, "perPage": size}, refused=refused, missing=missing
                )
            except Unavailable as error:
                if error.code != "too_large" or not smaller:
                    raise
                size, *smaller = smaller
                continue
            page = _items(answer)
            if page and page == previous:
                raise Unavailable("same_page")
            yield page
            if len(page) != size:
                return
            offset, previous = offset + size, page

    def administrators(self) -> list[MemberRow]:
        """The organisation's administrators, ten at most: the cheapest read that proves whose key this is (3151499)."""
        answer = self._transport.call("GET", "/organization/members", query={"role": "admin", "page": 1, "perPage": 10})
        if not answer.ok:
            self._fail(answer, refused=Scope.ACCOUNT, missing=Scope.ACCOUNT, is_probe=True)
        return list(rows(MemberRow, _items(_json(answer, Unavailable))))

    def close(self) -> None:
        self._transport.close()

    def _fail(
        self,
        answer: Answer,
        *,
        refused: Scope,
        missing: Scope = Scope.TARGET,
        people: Sequence[Person] = (),
        private: Sequence[str] = (),
        write: bool = False,
        is_probe: bool = False,
    ) -> NoReturn:
        refusal = read_refusal(answer)
        detail = self._transport.scrub(refusal.message, private)
        if answer.status == 401:
            raise Misconfigured("unauthorized", detail, scope=Scope.ACCOUNT)
        if answer.status == 403:
            if not is_probe and not refusal.says(unconfirmed.INVALID_KEY_MESSAGE):
                # One right may be missing, or every one: if even this read is refused, the key itself is at fault.
                self.administrators()
                raise Misconfigured(code_of(refusal, "forbidden"), detail, scope=refused)
            raise Misconfigured("key_refused", detail, scope=Scope.ACCOUNT)
        if answer.status == 404:
            raise _missing(refusal, detail, missing)
        if answer.status == 409 and write:
            raise Conflict("conflict", detail)
        if answer.status in (400, 422) and write:
            raise invalid_data(refusal, people[0] if len(people) == 1 else None, detail)
        raise Misconfigured(f"http_{answer.status}", detail, scope=Scope.VERB)


def _missing(refusal: Refusal, detail: str, scope: Scope) -> PlatformError:
    if refusal.says(unconfirmed.NO_ROUTE_MESSAGE):
        return Misconfigured("no_route", detail, scope=Scope.ACCOUNT)
    if scope is Scope.TARGET:
        return NotFound("not_found", detail, scope=scope)
    return Misconfigured("not_found", detail, scope=scope)


def _json(answer: Answer, unreadable: type[PlatformError]) -> Any:
    if not answer.body.strip():
        raise unreadable("empty")
    try:
        return answer.json()
    except ValueError:
        raise unreadable("unreadable") from None


def _items(answer: Any) -> list[Any]:
    """The elements of a list; a single object in its place counts as its only element (seen in article 19454)."""
    if isinstance(answer, list):
        return answer
    if "id" in mapping(answer):
        return [answer]
    raise Unavailable("unreadable")


def _private(person: Person) -> tuple[str, ...]:
    return (person.email, person.first_name, person.last_name, *person.extra.values())
