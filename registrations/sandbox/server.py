"""Starting and stopping: one asyncio loop serves HTTP and SMTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys

from aiohttp import web

from registrations.sandbox import control, pages, snapshot
from registrations.sandbox.mailbox import pages as mailbox_pages
from registrations.sandbox.mailbox.smtp import Keeper, MailServer
from registrations.sandbox.options import Options
from registrations.sandbox.platform import room
from registrations.sandbox.state import Sandbox

MOST_BODY_BYTES = 16 * 2**20
BUSY = 2
_ANY = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared with, not listened on


class PortBusy(OSError):
    """A port cannot be listened on; the text says which and what to do."""


def make_app(sandbox: Sandbox) -> web.Application:
    """The HTTP side: API, control API, mailbox, room and pages."""
    app = web.Application(client_max_size=MOST_BODY_BYTES)
    app.router.add_route("*", "/v3/{path:.*}", sandbox.door.handle)
    control.add_routes(app, sandbox)
    pages.add_routes(app, sandbox)
    mailbox_pages.add_routes(app, sandbox)
    room.add_routes(app, sandbox.world)
    return app


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 2 when a port is busy or the state file cannot be read."""
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_serve(options))
    except (PortBusy, snapshot.UnreadableState) as problem:
        print(f"sandbox: {problem}", file=sys.stderr, flush=True)  # noqa: T201
        return BUSY
    return 0


async def _serve(options: Options) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    sandbox = Sandbox(rate=options.rate)
    if options.state is not None:
        snapshot.load(sandbox, options.state)
    async with contextlib.AsyncExitStack() as stack:
        url = await start(sandbox, options, stack)
        if options.state is not None:
            stack.callback(snapshot.save_or_say, sandbox, options.state)
            stack.callback(asyncio.create_task(snapshot.keep_saving(sandbox, options.state)).cancel)
        print(f"sandbox ready {url} {sandbox.smtp_url}", flush=True)  # noqa: T201
        await stopped.wait()


async def start(sandbox: Sandbox, options: Options, stack: contextlib.AsyncExitStack) -> str:
    """Listen on both ports until the stack unwinds. Returns the HTTP address. Raises PortBusy."""
    http, smtp = _listen(options.host, options.port, "--port"), _listen(options.host, options.smtp_port, "--smtp-port")
    host = _ANY.get(options.host, options.host)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{http.getsockname()[1]}"
    sandbox.smtp_url = f"smtp://{shown}:{smtp.getsockname()[1]}"
    sandbox.world.public_url = options.public_url or url
    runner = web.AppRunner(make_app(sandbox), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, http).start()
    keeper = Keeper(sandbox.mails, sandbox.smtp_faults)
    mail_server = await asyncio.get_running_loop().create_server(lambda: MailServer(keeper), sock=smtp)
    stack.callback(mail_server.close)
    stack.callback(sandbox.door.cancel_late_work)
    return url


def _listen(host: str, port: int, option: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as problem:
        raise PortBusy(f"cannot listen on {host} port {port} ({problem}); choose another with {option}") from problem
    # asyncio sets this for sockets it makes itself; without it the lines of an EHLO answer wait 40 ms for each other
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
