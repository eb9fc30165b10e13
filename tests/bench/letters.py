"""Django mails of the same size as the product's link mail, for whatever is measured beside the product."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from email import encoders
from email.message import EmailMessage
from email.mime.base import MIMEBase
from pathlib import Path

from django.core.mail import EmailMultiAlternatives


@dataclass(frozen=True)
class Letters:
    """The texts of one of the product's link mails; `address` and `link` in them are replaced for each person."""

    subject: str
    sender: str
    text: str
    html: str
    calendar: str
    address: str
    link: str

    @classmethod
    def from_sample(cls, mail: EmailMessage, *, address: str, link: str) -> Letters:
        """Take a mail of the product apart."""
        found = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
        return cls(
            subject=str(mail["Subject"]),
            sender=str(mail["From"]),
            text=found["text/plain"],
            html=found["text/html"],
            calendar=found["text/calendar"],
            address=address,
            link=link,
        )

    @classmethod
    def read(cls, path: str) -> Letters:
        return cls(**json.loads(Path(path).read_text()))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    def to(self, address: str, link: str) -> EmailMultiAlternatives:
        """The mail to one person, made as Django's documentation says."""
        mail = EmailMultiAlternatives(
            subject=self.subject, body=self._for(self.text, address, link), from_email=self.sender, to=[address]
        )
        mail.attach_alternative(self._for(self.html, address, link), "text/html")
        part = MIMEBase("text", "calendar", charset="utf-8", method="REQUEST")
        part.set_payload(self._for(self.calendar, address, link).encode())
        encoders.encode_base64(part)
        part.add_header("Content-Disposition", "attachment", filename="webinar.ics")
        mail.attach(part)
        return mail

    def _for(self, text: str, address: str, link: str) -> str:
        return text.replace(self.link, link).replace(self.address, address)
