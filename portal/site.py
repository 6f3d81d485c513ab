"""The portal's `ls`: every address, the view that answers it, and who may come. Routes are made from this table alone.

An address that is not here does not exist; a row without a role cannot be written. A page of a tenant shows that
tenant's things only: what another tenant's number names is answered 404, as if it were not there.
"""

from dataclasses import dataclass
from typing import Literal

from portal.pages.domains import views as domains
from portal.pages.messages import views as messages
from portal.pages.policy import views as policy
from portal.pages.quarantine import views as quarantine
from portal.pages.queue import views as queue
from portal.pages.senders import views as senders
from portal.pages.signin import views as signin
from portal.visit import Access, View


@dataclass(frozen=True, slots=True)
class Page:
    """One row: a method at an address."""

    method: Literal["GET", "POST"]
    path: str
    view: View
    access: Access
    takes_file: bool = False
    """Whether its form may carry a file (`uploads.py`)."""


SITE: tuple[Page, ...] = (
    Page("GET", "/", signin.start, Access.READER),
    Page("GET", "/signin", signin.how, Access.ANYONE),
    Page("POST", "/signin", signin.ask_for_link, Access.ANYONE),
    Page("GET", "/signin/{token}", signin.show_link, Access.ANYONE),
    Page("POST", "/signin/{token}", signin.use_link, Access.ANYONE),
    Page("POST", "/signout", signin.sign_out, Access.READER),
    Page("GET", "/tenant", signin.show_tenants, Access.READER),
    Page("POST", "/tenant", signin.change_tenant, Access.READER),
    Page("GET", "/quarantine", quarantine.show_list, Access.READER),
    Page("GET", "/quarantine/{held}", quarantine.show_message, Access.READER),
    Page("GET", "/quarantine/{held}/release", quarantine.ask_before_release, Access.REVIEWER),
    Page("POST", "/quarantine/{held}/release", quarantine.release, Access.REVIEWER),
    Page("GET", "/quarantine/{held}/delete", quarantine.ask_before_delete, Access.REVIEWER),
    Page("POST", "/quarantine/{held}/delete", quarantine.delete, Access.REVIEWER),
    Page("GET", "/queue", queue.show_list, Access.READER),
    Page("GET", "/queue/{delivery}", queue.show_delivery, Access.READER),
    Page("POST", "/queue/{delivery}/retry", queue.retry, Access.REVIEWER),
    Page("POST", "/queue/{delivery}/hold", queue.hold, Access.REVIEWER),
    Page("GET", "/queue/{delivery}/drop", queue.ask_before_drop, Access.ADMIN),
    Page("POST", "/queue/{delivery}/drop", queue.drop, Access.ADMIN),
    Page("GET", "/messages", messages.show_list, Access.READER),
    Page("GET", "/messages/{transaction}", messages.show_message, Access.READER),
    Page("GET", "/domains", domains.show_list, Access.READER),
    Page("GET", "/senders", senders.show_list, Access.READER),
    Page("POST", "/senders", senders.add, Access.ADMIN),
    Page("POST", "/senders/file", senders.take_file, Access.ADMIN, takes_file=True),
    Page("POST", "/senders/remove", senders.remove, Access.ADMIN),
    Page("GET", "/senders/changes", senders.show_changes, Access.READER),
    Page("GET", "/policy", policy.show_tenant, Access.READER),
    Page("POST", "/policy", policy.change_tenant, Access.ADMIN),
    Page("GET", "/policy/{domain}", policy.show_domain, Access.READER),
    Page("POST", "/policy/{domain}", policy.change_domain, Access.ADMIN),
)


def sign_in_address(base_url: str, token: str) -> str:
    """The one-time link to give to a person; it begins with the configured address."""
    return f"{base_url.rstrip('/')}/signin/{token}"
