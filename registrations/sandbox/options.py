"""The command line of the stand-in; environment variables give the defaults."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. `rate` is calls a second per key, 0 for no limit; `public_url` is empty for the address listened on."""

    host: str
    port: int
    smtp_port: int
    public_url: str
    rate: float
    state: Path | None


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options; the defaults come from `SANDBOX_HOST`, `_PORT`, `_SMTP_PORT` and `_PUBLIC_URL`."""
    env = os.environ
    parser.add_argument("--host", default=env.get("SANDBOX_HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=env.get("SANDBOX_PORT", "9100"), help="HTTP port, 0 for any free one")
    parser.add_argument(
        "--smtp-port", type=int, default=env.get("SANDBOX_SMTP_PORT", "9125"), help="SMTP port, 0 for any free one"
    )
    parser.add_argument(
        "--public-url",
        default=env.get("SANDBOX_PUBLIC_URL", ""),
        help="the address people use, for links; default: the address listened on",
    )
    parser.add_argument("--rate", type=float, default=2.0, help="API calls a second per key")
    parser.add_argument("--no-limit", action="store_true", help="no limit on API calls")
    parser.add_argument("--state", type=Path, default=None, metavar="FILE", help="keep the state in this JSON file")


def read_options(values: Mapping[str, Any]) -> Options:
    """Options from parsed arguments."""
    return Options(
        host=values["host"],
        port=values["port"],
        smtp_port=values["smtp_port"],
        public_url=values["public_url"].rstrip("/"),
        rate=0.0 if values["no_limit"] else max(values["rate"], 0.0),
        state=values["state"],
    )
