"""Which widgets stand on a person's home: those of his roles, until he lays them out himself."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.models import Arrangement
from jingwei.frame.rights.access import Access
from jingwei.frame.widgets.widget import Widget, registry

at_most = 20
usual = "viewer"  # the home of who has only roles that an organisation made itself


def laid_out(access: Access) -> list[Widget]:
    """The widgets of this person's home in order; what he may not see any more is passed over."""
    own = Arrangement.objects.filter(user_id=access.user_id).values_list("widgets", flat=True).first()
    keys = own if own is not None else of_roles(access.roles)
    return [registry[key] for key in keys if key in registry and registry[key].is_for(access)]


def of_roles(roles: Sequence[str]) -> list[str]:
    """The first widgets of these roles: role after role, each in the order that the widgets declare."""
    found: dict[str, None] = {}
    known = [role for role in home_order if role in roles]
    for role in known or [usual]:
        mine = sorted((each for each in registry.values() if role in each.homes), key=lambda each: each.homes[role])
        found |= dict.fromkeys(each.key for each in mine)
    return list(found)


# somebody with several roles sees the widgets of all, in this order of roles
home_order = ("crew", "manager", "engineer", "finance", "pmo", "operations", "owner", "viewer")


def offered(access: Access) -> list[Widget]:
    """Every widget this person may take, by its title."""
    return sorted((each for each in registry.values() if each.is_for(access)), key=lambda each: str(each.title))


def arrange(access: Access, keys: Sequence[str] | None) -> None:
    """Keep the order of a person's own home; None goes back to that of his roles. ValidationError for what he may not take."""
    if keys is None:
        Arrangement.objects.filter(user_id=access.user_id).delete()
        return
    known = {each.key for each in offered(access)}
    chosen = list(dict.fromkeys(keys))
    if strange := [key for key in chosen if key not in known]:
        raise ValidationError({"widgets": _("There is no widget “%(key)s” for you.") % {"key": strange[0][:60]}})
    if len(chosen) > at_most:
        raise ValidationError({"widgets": _("At most %(most)s widgets. Take one away first.") % {"most": at_most}})
    Arrangement.objects.update_or_create(user_id=access.user_id, defaults={"widgets": chosen})
