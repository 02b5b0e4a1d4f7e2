"""Who administers an organisation changes one after the other: whoever gives or takes a role waits for the one before, and is asked once more whether he may."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.models import Membership, Tenant, User
from jingwei.frame.rights.access import Access, access_of, grants_of_role

everything = "*"


def held_alone(user: User, tenant: Tenant) -> Access:
    """Hold the roles of an organisation till the transaction ends, and tell what somebody may there now that nobody else changes them."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # rows that name the organisation are written meanwhile
    return access_of(user, tenant)


def administers(row: Membership) -> bool:
    """Whether somebody may do everything in the organisation by this membership."""
    return row.project_id is None and everything in grants_of_role(row.role)


def require_administrator(tenant: Tenant) -> None:
    """Raise ValidationError when nobody is left who administers the organisation: what is lacking then, nobody could give any more."""
    rows = Membership.objects.filter(tenant=tenant, project=None, user__is_active=True).select_related("user", "role")
    if not any(administers(row) and not row.user.is_pending for row in rows):
        raise ValidationError(_("Nobody would administer the organisation any more. Give somebody else this role first."))
