"""REST for what rows carry: comments, files, tags and following, beside the other operations of their resource."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status

from jingwei.frame.api import schemas
from jingwei.frame.carried import files, rights, tags, talk, watch
from jingwei.frame.carried.rights import carried_by
from jingwei.frame.models import Attachment, Comment, Tag
from jingwei.frame.records.resource import Resource
from jingwei.frame.walls import heavy

_kinds = {"comments": "talk", "files": "files", "tags": "tags", "follow": "watch"}
listed_at_most = 200


class Text(schemas.Strict):
    """What is said."""

    text: str


class Word(schemas.Strict):
    """A tag."""

    word: str


class CommentTold(schemas.Strict):
    """A comment; `text` is Markdown as it was typed."""

    id: int
    at: dt.datetime
    edited_at: dt.datetime | None
    by_id: int | None
    by: str
    text: str


class FileTold(schemas.Strict):
    """A file; it is read at …/files/{id}."""

    id: int
    at: dt.datetime
    by_id: int | None
    name: str
    kind: str
    size: int
    sha256: str


class TagTold(schemas.Strict):
    """A tag."""

    id: int
    word: str
    colour: int


class Followed(schemas.Strict):
    """Whether whoever asks follows the row."""

    follows: bool


def kind_of(name: str) -> str:
    """What a row carries under this part of an address; empty for anything else."""
    return _kinds.get(name, "")


def require(request: HttpRequest, resource: Resource, row: Any, kind: str) -> None:
    """The right comes before the body; Http404 when rows of the resource carry no such thing."""
    if kind not in resource.carries:
        raise Http404
    rights.require(request.access, resource, row, kind)  # type: ignore[attr-defined]


def add_to(router: Router, resource: Resource, one: Callable[..., Any]) -> None:
    """Add the operations for what the resource carries; `one(request, resource, key)` is the row when it may be seen."""
    name = resource.key.replace(".", "_")
    for kind, operations in (("talk", _comments), ("files", _files), ("tags", _tags), ("watch", _follow)):
        if kind in resource.carries:
            operations(router, resource, one, name)


def _of(rows: Any, number: int) -> Any:
    found = rows.filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise Http404
    return found


def _comments(router: Router, resource: Resource, one: Callable[..., Any], name: str) -> None:
    def told(comment: Comment) -> dict[str, Any]:
        by = str(comment.by) if comment.by is not None else ""
        return {"id": comment.pk, "at": comment.created_at, "edited_at": comment.edited_at, "by_id": comment.by_id, "by": by, "text": comment.text}

    def listing(request: HttpRequest, key: str) -> Any:
        return [told(each) for each in talk.of_row(resource, one(request, resource, key))[:listed_at_most]]

    def say(request: HttpRequest, key: str, values: Text) -> Any:
        return Status(201, told(talk.say(resource, one(request, resource, key), values.text, request.access)))  # type: ignore[attr-defined]

    def amend(request: HttpRequest, key: str, number: int, values: Text) -> Any:
        row = one(request, resource, key)
        return told(talk.amend(resource, row, _of(carried_by(Comment, resource, row), number), values.text, request.access))  # type: ignore[attr-defined]

    def take_back(request: HttpRequest, key: str, number: int) -> Any:
        row = one(request, resource, key)
        talk.take_back(resource, row, _of(carried_by(Comment, resource, row), number), request.access)  # type: ignore[attr-defined]
        return Status(204, None)

    router.get("/{key}/comments", response={200: list[CommentTold]}, operation_id=f"{name}_comments")(listing)
    router.post("/{key}/comments", response={201: CommentTold}, operation_id=f"{name}_comment")(say)
    router.patch("/{key}/comments/{int:number}", response={200: CommentTold}, operation_id=f"{name}_comment_change")(amend)
    router.delete("/{key}/comments/{int:number}", response={204: None}, operation_id=f"{name}_comment_delete")(take_back)


def _files(router: Router, resource: Resource, one: Callable[..., Any], name: str) -> None:
    def told(each: Attachment) -> dict[str, Any]:
        return {"id": each.pk, "at": each.created_at, "by_id": each.by_id, "name": each.name, "kind": each.kind, "size": each.size, "sha256": each.sha256}

    def listing(request: HttpRequest, key: str) -> Any:
        return [told(each) for each in files.of_row(resource, one(request, resource, key))]

    def attach(request: HttpRequest, key: str) -> Any:
        row = one(request, resource, key)
        require(request, resource, row, "files")
        with heavy.for_files(request):
            made = files.attach(resource, row, request.FILES.getlist("file"), request.access)  # type: ignore[attr-defined]
        return Status(201, [told(each) for each in made])

    def read(request: HttpRequest, key: str, number: int) -> Any:
        return files.answer(_of(carried_by(Attachment, resource, one(request, resource, key)), number), is_saved=True)

    def remove(request: HttpRequest, key: str, number: int) -> Any:
        row = one(request, resource, key)
        require(request, resource, row, "files")
        files.remove(resource, row, _of(carried_by(Attachment, resource, row), number), request.access)  # type: ignore[attr-defined]
        return Status(204, None)

    schema = {"type": "object", "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}}, "required": ["file"]}
    body = {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}, "required": True}}
    router.get("/{key}/files", response={200: list[FileTold]}, operation_id=f"{name}_files")(listing)
    router.post("/{key}/files", response={201: list[FileTold]}, operation_id=f"{name}_attach", openapi_extra=body)(attach)
    router.get("/{key}/files/{int:number}", response={200: bytes}, operation_id=f"{name}_file")(read)
    router.delete("/{key}/files/{int:number}", response={204: None}, operation_id=f"{name}_file_delete")(remove)


def _tags(router: Router, resource: Resource, one: Callable[..., Any], name: str) -> None:
    def told(tag: Tag) -> dict[str, Any]:
        return {"id": tag.pk, "word": tag.word, "colour": tag.colour}

    def listing(request: HttpRequest, key: str) -> Any:
        return [told(tag) for tag in tags.of_row(resource, one(request, resource, key))]

    def add(request: HttpRequest, key: str, values: Word) -> Any:
        return Status(201, told(tags.add(resource, one(request, resource, key), values.word, request.access)))  # type: ignore[attr-defined]

    def remove(request: HttpRequest, key: str, number: int) -> Any:
        if not tags.remove(resource, one(request, resource, key), number, request.access):  # type: ignore[attr-defined]
            raise Http404
        return Status(204, None)

    router.get("/{key}/tags", response={200: list[TagTold]}, operation_id=f"{name}_tags")(listing)
    router.post("/{key}/tags", response={201: TagTold}, operation_id=f"{name}_tag")(add)
    router.delete("/{key}/tags/{int:number}", response={204: None}, operation_id=f"{name}_untag")(remove)


def _follow(router: Router, resource: Resource, one: Callable[..., Any], name: str) -> None:
    def read(request: HttpRequest, key: str) -> Any:
        return {"follows": watch.follows(resource, one(request, resource, key), request.access)}  # type: ignore[attr-defined]

    def follow(request: HttpRequest, key: str) -> Any:
        watch.follow(resource, one(request, resource, key), request.access)  # type: ignore[attr-defined]
        return {"follows": True}

    def unfollow(request: HttpRequest, key: str) -> Any:
        watch.unfollow(resource, one(request, resource, key), request.access)  # type: ignore[attr-defined]
        return Status(204, None)

    router.get("/{key}/follow", response={200: Followed}, operation_id=f"{name}_follows")(read)
    router.post("/{key}/follow", response={200: Followed}, operation_id=f"{name}_follow")(follow)
    router.delete("/{key}/follow", response={204: None}, operation_id=f"{name}_unfollow")(unfollow)
