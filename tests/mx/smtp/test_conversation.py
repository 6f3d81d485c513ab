"""The conversation that the tests use is one, so that the seam is exercised as it is written."""

from mx.smtp.conversation import Conversation, ConversationFactory
from mx.spool import Spool
from tests.contracts.receiving import KeepingConversation


def test_the_tests_own_conversation_meets_the_seam() -> None:
    """A type checker says so; this says that it can be made and used."""
    factory: ConversationFactory = KeepingConversation
    conversation: Conversation = factory()
    spool = conversation.begin_data()
    assert isinstance(spool, Spool)
    spool.close()
