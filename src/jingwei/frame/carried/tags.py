"""Tags: coloured words of the organisation that rows bear, and by which lists are filtered."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.carried.rights import carried_by, require
from jingwei.frame.models import Tag, Tagging, values
from jingwei.frame.postgres import locks
from jingwei.frame.records import turns
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access

of_row_at_most = 20


def of_row(resource: Resource, row: Any) -> list[Tag]:
    """The tags a row bears, by their words."""
    return [tagging.tag for tagging in carried_by(Tagging, resource, row).select_related("tag").order_by("tag__word")]


@in_turn
def add(resource: Resource, row: Any, word: str, access: Access) -> Tag:
    """Tag a row; a word that is new to the organisation takes the next colour. ValidationError at `word`."""
    require(access, resource, row, "tags")
    word = _checked(word)
    turns.stay(resource, row)
    locks.hold(f"tags {row.tenant_id}")  # the same word by two at once is one tag
    tag = Tag.objects.filter(word__iexact=word).first() or _made(word)
    borne = carried_by(Tagging, resource, row)
    if not borne.filter(tag=tag).exists():
        if borne.count() >= of_row_at_most:
            raise ValidationError({"word": _("At most %(most)s tags a row. Take one away first.") % {"most": of_row_at_most}})
        Tagging(resource=resource.key, row_id=row.pk, tag=tag).save()
    return tag


@in_turn
def remove(resource: Resource, row: Any, tag_id: int, access: Access) -> bool:
    """Take a tag from a row, and the word with it when no row bears it any more; False when the row does not bear it."""
    require(access, resource, row, "tags")
    turns.stay(resource, row)
    locks.hold(f"tags {row.tenant_id}")
    removed, _each = carried_by(Tagging, resource, row).filter(tag_id=tag_id).delete()
    if removed and not Tagging.objects.filter(tag_id=tag_id).exists():
        Tag.objects.filter(pk=tag_id).delete()
    return bool(removed)


def _checked(word: str) -> str:
    if problem := values.problem_with(None, word):
        raise ValidationError({"word": problem.messages})
    word = " ".join(word.split())
    if not word or len(word) > 40 or "," in word:
        raise ValidationError({"word": _("A tag is a word of 1 to 40 characters without a comma.")})
    return word


def _made(word: str) -> Tag:
    tag = Tag(word=word, colour=Tag.objects.count() % Tag.colours)
    tag.save()
    return tag
