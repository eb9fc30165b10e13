"""The SMTP server: takes every mail for every address, with or without AUTH, and plays the faults asked for."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from registrations.sandbox.mailbox.smtp_faults import SmtpFault, SmtpFaults
from registrations.sandbox.mailbox.store import MailStore

MOST_BYTES = 33_554_432


class Keeper:
    """aiosmtpd's handler: what comes in goes to the store."""

    def __init__(self, store: MailStore, faults: SmtpFaults) -> None:
        self.store = store
        self.faults = faults

    async def handle_DATA(self, server: MailServer, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called after the dot."""
        fault = self.faults.take("dot")
        if fault is None or fault.kind == "slow" or fault.kind.startswith("accept_"):
            self._keep(envelope)
        if fault is None:
            return "250 OK: kept"
        if fault.kind == "accept_close":
            await server.push("250 OK: kept")
            server.hang_up()
            return ""
        return await server.play(fault) or "250 OK: kept"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        self.store.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)


class MailServer(SMTP):
    """One connection. Every command first meets the fault that waits for it."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__(
            keeper,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="sandbox",
            ident="ESMTP stand-in",
            auth_require_tls=False,
            authenticator=_let_in,
            timeout=600,
            loop=asyncio.get_running_loop(),
        )
        self._faults = keeper.faults

    def hang_up(self) -> None:
        """Close the connection."""
        if self.transport is not None:
            self.transport.close()

    async def play(self, fault: SmtpFault) -> str:
        """Do what the fault says; returns the reply to give, empty when the command should go on."""
        kind = fault.kind.removeprefix("accept_")
        if kind == "refuse":
            return f"{fault.code} {fault.text}"
        if kind in ("hang", "slow"):
            await asyncio.sleep(fault.seconds)
        if kind != "slow":
            self.hang_up()
            await asyncio.sleep(3600)  # ended by the closed connection
        return ""

    async def _stopped(self, verb: str, address: str = "") -> bool:
        """Play the fault of this command, if any; True when the command has been answered."""
        fault = self._faults.take(verb, address)
        reply = await self.play(fault) if fault is not None else ""
        if reply:
            await self.push(reply)
        return bool(reply)

    async def push(self, status: Any) -> None:
        """Say a line, unless there is none to say."""
        if status:
            await super().push(status)

    async def _handle_client(self) -> None:
        if await self._stopped("connect"):
            self.hang_up()
            return
        await super()._handle_client()

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        """HELO."""
        if not await self._stopped("helo"):
            await super().smtp_HELO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """EHLO."""
        if not await self._stopped("helo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """MAIL FROM."""
        if not await self._stopped("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """RCPT TO."""
        address = (arg or "").partition("<")[2].partition(">")[0]
        if not await self._stopped("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """DATA, before the text."""
        if not await self._stopped("data"):
            await super().smtp_DATA(arg)


def _let_in(*_args: Any) -> AuthResult:
    return AuthResult(success=True)
