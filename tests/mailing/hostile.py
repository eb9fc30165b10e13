"""What anybody may type, made up by Hypothesis with a taste for what does harm in a mail."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = (
    "\r\n", "\n", "\r", "\0", "Bcc: eve@example.com", "=?utf-8?q?=0D=0ABcc:e@e?=", "👩‍🏫", "\u202e", "Анна", '"', "<", ">", "&",
    "&amp;", "'", ".", " ", "\xa0", "\\", ";", ",", "{{first_name}}", "{% now %}", "%s", "://", "О’Нил", "-", "d'Arc",
)  # fmt: skip
HOSTILE = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)
