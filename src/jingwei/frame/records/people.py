"""Whom people mean: somebody by e-mail or user name, else by name or by how the name is spelled. One is taken, several are named, and nobody is guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Concat, Replace
from django.utils.translation import gettext as _

from jingwei.frame import narrowing, scope
from jingwei.frame.models import Membership, User
from jingwei.frame.models.spelt import SpeltField, spelt_with
from jingwei.frame.models.values import unreadable
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import access_of
from jingwei.kernels.spelling import typed

named_at_most = 5  # of those who are meant
longest = 254  # of what somebody is called: an e-mail address
of_members = ("username", "email")


def members() -> models.QuerySet[User]:
    """People who belong to the organisation of the scope."""
    held = Membership.objects.filter(tenant_id=scope.current().tenant_id)
    return User.objects.filter(pk__in=held.values("user_id")).order_by("username")


def seen(target: Resource) -> models.QuerySet[Any]:
    """The people whom whoever works here may look at: nobody learns by a name who else there is."""
    current = scope.current()
    return target.seen(access_of(current.user_id, current.tenant_id)) if current.user_id is not None else target.model.objects.all()


def meant(text: str, rows: models.QuerySet[Any], also_named: Sequence[str]) -> list[Any]:
    """Those of these people whom a text means: whose e-mail or user name it is, else whose name it is or spells. One more than are named, at most.
    A member has no right by which he is looked at: a limited token, which does not show everything, names him exactly and learns nobody's name."""
    text, (spelt, *_rest) = text.strip(), spelt_with(rows.model)
    if not text or len(text) > longest or unreadable(text):
        return []
    exactly = Q(*(Q(**{f"{name}__iexact": text}) for name in also_named), _connector=Q.OR)
    if also_named and (found := list(rows.filter(exactly)[: named_at_most + 1])):
        return found
    if rows.model is User and not narrowing.shows_everything(scope.current().limits):
        return []
    return list(rows.alias(whole_name=_whole_name(spelt)).filter(_called(text, spelt)).order_by("pk")[: named_at_most + 1])


def one(text: str, rows: models.QuerySet[Any], also_named: Sequence[str], key: str) -> Any | None:
    """The one whom a text means, None for nobody; ValidationError names the several it could mean, and says that `key` tells them apart."""
    return one_of(meant(text, rows, also_named), text, key)


def one_of(found: Sequence[Any], text: str, key: str, name_of: Callable[[Any], str] | None = None) -> Any | None:
    """The one of these, None when there is none; ValidationError names several as far as one reads, each by its `key` (or by `name_of` it)."""
    if len(found) < 2:
        return found[0] if found else None
    name_of = name_of or (lambda row: str(getattr(row, key)))
    told = ", ".join(f"{each} ({name_of(each)})" for each in found[:named_at_most]) + (" …" if len(found) > named_at_most else "")
    label = found[0]._meta.get_field(key).verbose_name
    raise ValidationError(
        _("“%(value)s” could be any of: %(people)s. Write the %(key)s instead.") % {"value": text[:60], "people": told, "key": label}, code="several"
    )


def called(name: str, rows: models.QuerySet[Any]) -> list[Any]:
    """Those of these people who bear just this name."""
    spelt = spelt_with(rows.model)[0]
    if not (plain := _without_blanks(name)) or unreadable(plain):
        return []
    return list(rows.alias(whole_name=_whole_name(spelt)).filter(whole_name__iexact=plain).order_by("pk")[:named_at_most])


def beginning(word: str, spelt: SpeltField) -> Q:
    """People whose name, or a part of it that begins with a syllable, is spelled so from its beginning."""
    plain = typed(word)
    return Q(**{f"{spelt.name}__contains": f" {plain}"}) if plain else Q(pk__in=[])


def nearest_first(rows: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
    """Before the others those whose name begins so, spelled or as it is written."""
    spelt, plain = spelt_with(rows.model)[0], typed(words)
    begins = Q(**{f"{spelt.of[0]}__istartswith": words}) | (Q(**{f"{spelt.name}__startswith": f" {plain}"}) if plain else Q(pk__in=[]))
    place = models.Case(models.When(begins, then=0), models.When(beginning(words, spelt), then=1), default=2, output_field=models.SmallIntegerField())
    return rows.order_by(place, *(rows.query.order_by or ("pk",)))


def offered(words: str, most: int) -> list[User]:
    """Members to choose from by the beginning of a name, of its spelling, or a part of a user name."""
    spelt = spelt_with(User)[0]
    rows = members().filter(is_active=True).alias(whole_name=_whole_name(spelt))
    for word in words.split()[:4]:
        rows = rows.filter(Q(username__icontains=word) | Q(whole_name__icontains=word) | beginning(word, spelt))
    return list((nearest_first(rows, words) if words else rows)[:most])


def _whole_name(spelt: SpeltField) -> Any:
    """A name without its blanks; a Chinese one is written without any."""
    parts = [models.F(name) for name in spelt.of]
    whole: Any = Concat(*parts) if len(parts) > 1 else parts[0]
    return Replace(whole, models.Value(" "), models.Value(""))


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _called(text: str, spelt: SpeltField) -> Q:
    plain = typed(text)
    said = Q(whole_name__iexact=_without_blanks(text))
    return said | Q(**{f"{spelt.name}__contains": f" {plain}."}) if plain else said
