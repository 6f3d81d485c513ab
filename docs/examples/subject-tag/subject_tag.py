"""An agent for Pratique: refuses a client by its greeting, and adds a field to mail with a word in its header."""

from mx import reply
from mx.agents.contract import About, AddHeaders, Fact, Go, Observe, OnFailure, Refuse


class SubjectTag:
    about = About("subject-tag", deadline_seconds=1.0, on_failure=OnFailure.GO_ON)

    def __init__(self, reactor, settings):
        self._word = settings.get("word", "invoice").encode().lower()
        self._greeting = settings.get("refused", "").lower()

    async def on_helo(self, event):
        if self._greeting and event.client.helo.lower() == self._greeting:
            return Refuse(reply.by_agent(550, "5.7.1", "We do not know that name"))
        return Go()

    async def on_headers(self, event):
        if self._word not in event.header.lower():
            return Go()
        return AddHeaders(("X-Subject-Tag: yes",)), Observe(facts=(Fact("tagged", "yes"),))
