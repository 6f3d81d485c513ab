"""Signing in by one-time link, signing out, and changing between tenants.

Opening a link changes nothing, for programs that test the links in a mail open it too: it shows a button, and pressing
that spends the link. A browser always gets a new session token when somebody signs in or changes the tenant.

Standards: NIST SP 800-63B section 5.1.3; OWASP ASVS 3 (session ids change at sign-in).
A link can be asked for by mail; the answer does not tell who is a user, nor does its time: only a row is written, and
a worker looks whose address it is (`tenants/queue/notices.py`, with the limits).

Failure: a link that is unknown, spent or too old: 410 and how to get another; the three are not told apart.
Limits: see `tenants/customers/sign_in.py`; a token has 256 random bits, so guessing is not slowed down here.
"""

from starlette.responses import Response

from portal.forms import form_token
from portal.sessions import new_secret
from portal.visit import PageRefused, Visit, go_to, parse_number
from tenants.customers.audit import record_action
from tenants.customers.sign_in import end_session, is_link_good, signed_in, spend_link, switch_tenant
from tenants.queue.notices import ask_sign_in
from tenants.refusals import NotFound
from tenants.storage.viewpoint import OfTenant, Reader, look_as


def start(_visit: Visit) -> Response:
    """Where people begin."""
    return go_to("/quarantine")


def how(visit: Visit) -> Response:
    """How to sign in, for people without a session: a form that has a link mailed."""
    return _with_form(visit, "signin/how.html", signed_out="signed-out" in visit.query)


def ask_for_link(visit: Visit) -> Response:
    """Have a link mailed to whoever has this address; the answer is the same whether anybody has."""
    with visit.around.database.unit_of_work(Reader.SIGN_IN) as session:
        ask_sign_in(session, email=visit.form.get("email", ""), asked_from=visit.client, now=visit.now)
    return visit.page("signin/asked.html")


def show_link(visit: Visit) -> Response:
    """A button that spends the link; seeing it any number of times spends nothing."""
    with visit.around.database.read(Reader.SIGN_IN) as session:
        is_good = is_link_good(session, visit.path_values["token"], now=visit.now)
    if not is_good:
        return _link_is_over(visit)
    return _with_form(visit, "signin/link.html")


def use_link(visit: Visit) -> Response:
    """Spend the link and begin a session; one that this browser had before ends."""
    try:
        with visit.around.database.unit_of_work(Reader.SIGN_IN) as session:
            token = spend_link(session, visit.path_values["token"], now=visit.now)
            if visit.cookies.session:
                end_session(session, visit.cookies.session)
            person = signed_in(session, token, now=visit.now)
            if person is not None:
                look_as(session, OfTenant(person.tenant_id))
                record_action(
                    session,
                    at=visit.now,
                    tenant_id=person.tenant_id,
                    who=person.email,
                    action="session.begin",
                    subject=person.email,
                )
    except NotFound:
        return _link_is_over(visit)
    response = go_to("/")
    visit.cookies.begin_session(response, token)
    return response


def sign_out(visit: Visit) -> Response:
    """End the session, on our side too."""
    with visit.around.database.unit_of_work(Reader.SIGN_IN) as session:
        end_session(session, visit.cookies.session)
    response = go_to("/signin?signed-out=")
    visit.cookies.end_session(response)
    return response


def show_tenants(visit: Visit) -> Response:
    """The tenants that this person may look at."""
    return visit.page("signin/tenants.html")


def change_tenant(visit: Visit) -> Response:
    """Go on with another tenant, in a session of its own."""
    tenant_id = parse_number(visit.form.get("tenant", ""))
    if tenant_id is None:
        raise PageRefused(422)
    with visit.around.database.unit_of_work(Reader.SIGN_IN) as session:
        token = switch_tenant(session, visit.cookies.session, tenant_id=tenant_id, now=visit.now)
    response = go_to("/")
    visit.cookies.begin_session(response, token)
    return response


def _with_form(visit: Visit, template: str, *, signed_out: bool = False) -> Response:
    """A page whose form is known to be ours, also before there is a session."""
    if visit.form_token:
        return visit.page(template, signed_out=signed_out)
    secret = new_secret()
    response = visit.page(template, form_token=form_token(secret), signed_out=signed_out)
    visit.cookies.begin_signing_in(response, secret)
    return response


def _link_is_over(visit: Visit) -> Response:
    return visit.page("signin/link_over.html", 410)
