"""`/.well-known/mta-sts.txt`: the MTA-STS policy of the domain that a sender asks for by host name.

Whatever stands in front of the portal has to answer `mta-sts.DOMAIN` with a certificate for that name.

Standards: RFC 8461 sections 3.2 and 3.3.
Failure: a host name of no domain that is verified here is answered 404, and then there is no policy; the database away:
503, and senders go on with the policy that they know.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tenants.domains.book import get_domain
from tenants.domains.mta_sts import StsMode, policy_text
from tenants.refusals import Refusal
from tenants.storage.database import Database, DatabaseUnavailable
from tenants.storage.viewpoint import Reader

_PREFIX = "mta-sts."


def policy_route(database: Database, mode: StsMode) -> Route:
    """The one address."""

    def answer(request: Request) -> Response:
        return policy_file(database, mode, request.url.hostname or "")

    return Route("/.well-known/mta-sts.txt", answer, methods=["GET"])


def policy_file(database: Database, mode: StsMode, host: str) -> Response:
    """The policy for a sender that reached us by this host name."""
    if not host.lower().startswith(_PREFIX):
        return PlainTextResponse("There is no policy for this name.\n", 404)
    try:
        with database.read(Reader.DIRECTORY) as session:
            domain = get_domain(session, tenant_id=None, name=host[len(_PREFIX) :])
    except DatabaseUnavailable:
        return PlainTextResponse("Try again.\n", 503)
    except Refusal:
        return PlainTextResponse("There is no policy for this name.\n", 404)
    if domain.verified_at is None:
        return PlainTextResponse("There is no policy for this name.\n", 404)
    return PlainTextResponse(policy_text(domain.mx_name, mode))
