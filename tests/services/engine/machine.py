"""Histories that Hypothesis makes up: everything that people, staff, workers and the world may do, in any order."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from registrations.webinar.registry import PROVIDERS
from tests import wiping
from tests.services.engine.ending import end
from tests.services.engine.happenings import Happening, happenings
from tests.services.engine.mail_server import Backend, MailServer
from tests.services.engine.platform import Duplicates, Platform
from tests.services.engine.process import Clock
from tests.services.engine.provider import NAME, provider_of
from tests.services.engine.world import World


class Engine(RuleBasedStateMachine):
    """The step engine between people, a platform and a mail server that all do what they like.

    One rule draws what happens, for the machine's own choice between many rules leaves most of them out of each history.
    """

    duplicates: ClassVar[Duplicates] = Duplicates.EXISTING

    @initialize(moderated=st.booleans(), honours_approval=st.booleans(), bulk=st.booleans(), people=st.integers(1, 4))
    def begin(self, moderated: bool, honours_approval: bool, bulk: bool, people: int) -> None:
        clock = Clock()
        platform = Platform(
            clock, self.duplicates, moderated=moderated, honours_approval=honours_approval, bulk_limit=50 if bulk else 0
        )
        mail_server = Backend.server = MailServer(clock)
        PROVIDERS[NAME] = provider_of(platform)
        self.world = World(platform, mail_server, clock)
        for who in range(people):
            self.world.signs_up_again(who)

    @rule(happening=happenings())
    def then(self, happening: Happening) -> None:
        happening.take_place(self.world)

    @invariant()
    def holds(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                end(self.world)
        finally:
            PROVIDERS.pop(NAME, None)
            wiping.empty()
