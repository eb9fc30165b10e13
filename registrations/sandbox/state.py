"""Everything the process remembers, put together."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from registrations.sandbox.mailbox.smtp_faults import SmtpFaults
from registrations.sandbox.mailbox.store import MailStore
from registrations.sandbox.platform.door import Door
from registrations.sandbox.platform.faults import Faults
from registrations.sandbox.platform.journal import Journal
from registrations.sandbox.platform.limiter import Limiter
from registrations.sandbox.platform.switches import Switches
from registrations.sandbox.platform.world import World

PLATFORM_SENDER = "no-reply@platform.example"


class Sandbox:
    """One stand-in for the outside world: platform, room and mailbox. Used from one asyncio loop only."""

    def __init__(self, *, rate: float) -> None:
        self.world = World()
        self.switches = Switches(rate=rate)
        self.faults = Faults()
        self.limiter = Limiter()
        self.journal = Journal()
        self.mails = MailStore()
        self.smtp_faults = SmtpFaults()
        self.smtp_url = ""
        self.door = Door(self.world, self.switches, self.faults, self.limiter, self.journal, self.post)

    @property
    def revision(self) -> tuple[int, int]:
        """Differs whenever something worth keeping has changed."""
        return self.world.revision, self.mails.revision

    def reset(self) -> None:
        """Back to a fresh state; ids go on counting, so that nothing late can hit something new."""
        self.door.cancel_late_work()
        self.faults.clear()
        self.smtp_faults.clear()
        self.switches.reset()
        self.limiter.clear()
        self.journal.clear()
        self.mails.clear()
        self.world.clear()

    def post(self, addresses: list[str], subject: str, text: str) -> None:
        """Put a mail of the platform itself into the mailbox, one copy for each address."""
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Webinar platform (stand-in) <{PLATFORM_SENDER}>"
        message["To"] = PLATFORM_SENDER if len(addresses) > 1 or not addresses[0].isascii() else addresses[0]
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="platform.example")
        message.set_content(text)
        raw = message.as_bytes()
        for address in addresses:
            self.mails.add(PLATFORM_SENDER, (address,), raw)
