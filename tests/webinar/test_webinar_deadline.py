"""One call on a real socket: how long it lasts, and what it is called when the connection breaks."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registrations.webinar.errors import Unavailable, Uncertain
from registrations.webinar.transport import Limits
from tests.webinar.misbehaviours import (
    IN_TIME,
    READ,
    SHORT,
    WRITE,
    StartWire,
    answers,
    drips_body,
    drips_chunks,
    drips_continues,
    drips_headers,
    hangs_up,
    lost,
    make,
    never_answers,
    resets,
    speaks_no_http,
)
from tests.webinar.wire import JSON, Visit

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")


class TestTime:
    @pytest.mark.parametrize("method", [READ, WRITE])
    @pytest.mark.parametrize(
        "behaviour", [never_answers, drips_headers, drips_continues, drips_body, drips_chunks], ids=lambda b: b.__name__
    )
    def test_a_slow_server_is_cut_off_at_the_deadline(self, wire: StartWire, behaviour, method: str) -> None:
        server = wire(behaviour)
        began = time.monotonic()
        with pytest.raises(lost(method)) as caught:
            make(server.base_url, SHORT).call(method, "/x", form={"a": "b"})
        assert caught.value.code == "timeout"
        assert 0.25 < time.monotonic() - began < IN_TIME
        assert server.connections == 1, "a request must never be repeated"

    def test_the_deadline_holds_for_a_reused_connection_too(self, wire: StartWire) -> None:
        def slow_the_second_time(visit: Visit) -> None:
            visit.read_request()
            visit.answer("200 OK", b"{}")
            drips_headers(visit)

        server = wire(slow_the_second_time)
        transport = make(server.base_url, SHORT)
        transport.call(READ, "/x")
        began = time.monotonic()
        with pytest.raises(Uncertain, match="timeout"):
            transport.call(WRITE, "/x")
        assert 0.25 < time.monotonic() - began < IN_TIME
        assert server.connections == 1

    def test_a_server_that_never_reads_is_cut_off_while_we_write(self, wire: StartWire) -> None:
        def reads_nothing(visit: Visit) -> None:
            visit.over.wait(10)

        began = time.monotonic()
        with pytest.raises(Uncertain, match="timeout"):
            make(wire(reads_nothing).base_url, Limits(1, 1)).call(WRITE, "/x", form={"a": "b" * 10_000_000})
        assert time.monotonic() - began < 2 * IN_TIME

    def test_a_call_after_a_cut_one_starts_afresh(self, wire: StartWire) -> None:
        visits = iter([drips_body, answers("200 OK", b'{"ok": 1}')])
        transport = make(wire(lambda visit: next(visits)(visit)).base_url, Limits(1, 0.5))
        with pytest.raises(Unavailable):
            transport.call(READ, "/x")
        assert transport.call(READ, "/x").json() == {"ok": 1}

    def test_the_wait_for_a_slot_does_not_count(self, wire: StartWire) -> None:
        transport = make(wire(answers("200 OK")).base_url, Limits(1, 0.3), before_call=lambda: time.sleep(0.4))
        assert transport.call(READ, "/x").ok


class TestConnection:
    @pytest.mark.parametrize("method", [READ, WRITE])
    def test_a_refused_connection_had_no_effect(self, method: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(Unavailable) as caught:
            make(f"http://127.0.0.1:{port}/v3").call(method, "/x")
        assert caught.value.code == "no_connection"
        assert str(port) not in str(caught.value)

    def test_an_unknown_host_had_no_effect(self) -> None:
        with pytest.raises(Unavailable, match="no_connection"):
            make("http://no-such-host.invalid/v3").call(WRITE, "/x")

    def test_a_connection_that_is_never_accepted_is_given_up_in_time(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:  # the queue of the listener is full from here on
                filler.setblocking(False)
                filler.connect_ex(address)
            began = time.monotonic()
            with pytest.raises(Unavailable) as caught:
                make(f"http://127.0.0.1:{address[1]}/v3", Limits(0.15, 0.4)).call(WRITE, "/x")
            for filler in fillers:
                filler.close()
        assert caught.value.code == "no_connection"
        assert time.monotonic() - began < IN_TIME

    def test_a_certificate_nobody_vouches_for_is_refused_before_anything_is_sent(self, wire: StartWire, tmp_path: Path) -> None:
        seen: list[bytes] = []
        server = wire(lambda visit: seen.append(visit.read_request()), tls=self_signed(tmp_path))
        with pytest.raises(Unavailable) as caught:
            make(server.base_url).call(WRITE, "/x", form={"email": "ivan@example.com"})
        assert caught.value.code == "tls"
        assert seen == []

    def test_a_slow_tls_handshake_is_given_up_in_time(self, wire: StartWire) -> None:
        server = wire(lambda visit: visit.over.wait(5))
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no_connection"):
            make(server.base_url.replace("http://", "https://"), Limits(0.2, 0.4)).call(WRITE, "/x")
        assert time.monotonic() - began < IN_TIME

    @pytest.mark.parametrize("method", [READ, WRITE])
    @pytest.mark.parametrize("behaviour", [resets, hangs_up, speaks_no_http], ids=lambda b: b.__name__)
    def test_a_broken_connection_after_the_request_leaves_a_write_uncertain(
        self, wire: StartWire, behaviour, method: str
    ) -> None:
        server = wire(behaviour)
        with pytest.raises(lost(method)) as caught:
            make(server.base_url).call(method, "/x")
        assert caught.value.code == "reset"
        assert server.connections == 1, "a request must never be repeated"

    def test_proxies_and_netrc_of_the_environment_are_ignored(
        self, wire: StartWire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        proxy, seen = wire(hangs_up), []
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")

        def note(visit: Visit) -> None:
            seen.append(visit.read_request())
            visit.answer("200 OK", b"{}")

        assert make(wire(note).base_url).call(READ, "/x").ok
        assert proxy.connections == 0
        assert b"authorization" not in seen[0].lower()

    def test_a_kept_connection_that_the_server_closed_meanwhile_is_made_anew(self, wire: StartWire) -> None:
        closed = threading.Event()

        def answers_once(visit: Visit) -> None:
            visit.read_request()
            visit.answer("200 OK", b"{}")
            visit.hang_up()
            closed.set()

        server = wire(answers_once)
        transport = make(server.base_url)
        transport.call(WRITE, "/x")
        assert closed.wait(5)
        assert transport.call(WRITE, "/x").ok
        assert server.connections == 2

    def test_cookies_are_not_kept(self, wire: StartWire) -> None:
        seen: list[bytes] = []

        def note(visit: Visit) -> None:
            while request := visit.read_request():
                seen.append(request)
                visit.answer("200 OK", b"{}", JSON + b"Set-Cookie: sid=1; Path=/\r\n")

        transport = make(wire(note).base_url)
        transport.call(READ, "/x")
        transport.call(READ, "/x")
        assert len(seen) == 2
        assert b"cookie" not in seen[1].lower()


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), today, today + timedelta(days=1)
    ).sign(key, hashes.SHA256())
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
