"""Whoever is invited under the staff number or the name of one of the people is that person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from jingwei.domains.directory import services
from jingwei.frame.telling import facts
from jingwei.frame.telling.facts import MemberEnrolled


@facts.reacts_to(MemberEnrolled)
def on_member_enrolled(fact: MemberEnrolled) -> None:
    """Join the two where there is no doubt."""
    if fact.may_join and (person := services.person_join(user_id=fact.user_id)) is not None:
        fact.told.append(_("The log-in belongs to %(person)s (%(number)s) of the people.") % {"person": person.name, "number": person.number})
