"""A small client of the stand-in platform that shows every answer as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.process import DEMO_KEY, SandboxProcess


@dataclass(frozen=True)
class Reply:
    """Status, decoded JSON (None when there is no body), raw text and headers."""

    status: int
    body: Any
    text: str
    headers: Any


def brackets(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """`{"users": [{"email": "a"}]}` as `users[0][email]=a`, the way PHP clients send it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from brackets(item, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from brackets(item, f"{name}[{index}]")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


class Api:
    """Calls with forms, as the vendor's samples do."""

    def __init__(self, sandbox: SandboxProcess, key: str | None = DEMO_KEY) -> None:
        self.base = sandbox.api_url
        self.headers = {} if key is None else {"x-auth-token": key}
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, params: dict[str, Any] | None = None, **options: Any) -> Reply:
        """One call; GET parameters go into the query, all others into a form body."""
        if params is not None:
            options["params" if method == "GET" else "data"] = list(brackets(params))
        headers = self.headers | options.pop("headers", {})
        answer = self.session.request(method, self.base + path, headers=headers, timeout=10, **options)
        try:
            body = answer.json() if answer.content else None
        except ValueError:
            body = None
        return Reply(answer.status_code, body, answer.text, answer.headers)

    def get(self, path: str, **params: Any) -> Reply:
        """GET."""
        return self.call("GET", path, params)

    def post(self, path: str, **params: Any) -> Reply:
        """POST a form."""
        return self.call("POST", path, params)

    def put(self, path: str, **params: Any) -> Reply:
        """PUT a form."""
        return self.call("PUT", path, params)

    def delete(self, path: str, **params: Any) -> Reply:
        """DELETE with a form."""
        return self.call("DELETE", path, params)

    def register(self, session_id: int, email: str, **params: Any) -> Reply:
        """Register one person for a session without the platform's own mail."""
        return self.post(f"/eventsessions/{session_id}/register", **{"email": email, "sendEmail": False} | params)
