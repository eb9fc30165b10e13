from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    """A sandbox in a fresh state, without a limit on calls."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def api(sandbox: SandboxProcess) -> Api:
    return Api(sandbox)
