"""Secrets that an installation makes for itself."""

from __future__ import annotations

import threading
from pathlib import Path

from regsite import local_secrets


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret"
    start = threading.Barrier(16)
    seen: list[str] = []

    def ask() -> None:
        start.wait()
        seen.append(local_secrets.kept(path, local_secrets.new_signing_key))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 16
    assert len(set(seen)) == 1
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_only_the_owner_can_read_a_secret(tmp_path: Path) -> None:
    local_secrets.kept(tmp_path / "secret", local_secrets.new_encryption_key)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
