"""What people add to the rows of a resource: comments, files, tags, and who follows them. Where such a row belongs is told by the row that carries it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel


class CarriedModel(TenantModel):
    """Something that a row carries: it goes where the row goes, out of sight with it, and is back with it."""

    resource = models.CharField(max_length=80)
    row_id = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        abstract = True


class Comment(CarriedModel):
    """What somebody said, as Markdown. `mentioned` are the users it names, of those who might see the row when it was said."""

    by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    text = models.TextField(_("comment"))
    mentioned = ArrayField(models.BigIntegerField(), default=list)
    edited_at = models.DateTimeField(null=True)

    class Meta(CarriedModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=("tenant", "resource", "row_id", "-created_at"), name="talk_of_row")]


class Attachment(CarriedModel):
    """A file as it came. `kind` is its media type by its content; `thumbnail` a small JPEG of a picture that could be read."""

    by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("file name"), max_length=200)
    kind = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="carried/%Y/%m/")
    thumbnail = models.FileField(upload_to="carried/%Y/%m/", blank=True)

    class Meta(CarriedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "resource", "row_id", "sha256"), name="file_once_a_row")]

    def __str__(self) -> str:
        return self.name


class Tag(TenantModel):
    """A coloured word of the organisation; one in any case."""

    colours: ClassVar[int] = 8

    word = models.CharField(_("tag"), max_length=40)
    colour = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint("tenant", Lower("word"), name="tag_once")]

    def __str__(self) -> str:
        return self.word


class Tagging(CarriedModel):
    """A row bears a tag."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    class Meta(CarriedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "resource", "row_id", "tag"), name="row_tagged_once")]


class Follower(CarriedModel):
    """Somebody wants to hear what happens to a row."""

    keeps_history: ClassVar[bool] = False

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")

    class Meta(CarriedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "resource", "row_id", "user"), name="followed_once")]
