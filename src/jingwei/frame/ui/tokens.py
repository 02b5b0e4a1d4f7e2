"""A person's own keys for programs: what each may do, how long, and whose child it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from jingwei.frame.models import AccessEvent, ApiToken, Project
from jingwei.frame.narrowing import Limit, grant_rule, limits_from, read_only
from jingwei.frame.records.resource import resources
from jingwei.frame.rights import accesslog
from jingwei.frame.rights.access import is_granted
from jingwei.frame.web import Request

most_tokens = 50


class TokenForm(forms.Form):
    """What uses it, what it may do, where, and until when."""

    name = forms.CharField(label=gettext_lazy("What uses it"), max_length=80)
    may = forms.ChoiceField(
        label=gettext_lazy("It may"),
        choices=[
            ("read", gettext_lazy("only read")),
            ("chosen", gettext_lazy("only what is named below")),
            ("all", gettext_lazy("everything that I may")),
        ],
        initial="read",
        required=False,
    )
    grants = forms.CharField(
        label=gettext_lazy("Permissions"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Names such as work.task.change or work.*, separated by spaces; never more than you hold yourself."),
    )
    projects = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Projects"), queryset=Project.unscoped.none(), required=False, help_text=gettext_lazy("None chosen: all that I may see.")
    )
    days = forms.IntegerField(label=gettext_lazy("Days until it ends"), min_value=1, max_value=ApiToken.max_days, initial=90, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["projects"].queryset = Project.objects.order_by("code")  # type: ignore[attr-defined]

    def clean_grants(self) -> tuple[str, ...]:
        """Each pattern is one, and means something that exists."""
        found = tuple(dict.fromkeys(str(self.cleaned_data.get("grants", "")).replace(",", " ").split()))
        known = [permission for resource in resources() for permission in resource.permissions]
        wrong = [each for each in found if not grant_rule.fullmatch(each) or not any(is_granted(frozenset({each}), p) for p in known)]
        if wrong:
            raise forms.ValidationError(_("There is no such permission: %(names)s.") % {"names": ", ".join(wrong)[:200]})
        return found

    def clean(self) -> dict[str, Any]:
        """A choice of permissions names some."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("may") == "chosen" and not given.get("grants") and "grants" not in self.errors:
            self.add_error("grants", _("Name at least one permission."))
        return given

    def limit(self) -> Limit:
        """The token's own limit."""
        given = self.cleaned_data
        grants = {"read": read_only, "chosen": given.get("grants") or (), "all": ("*",)}[given.get("may") or "read"]
        projects = frozenset(project.pk for project in given.get("projects") or ())
        return Limit(grants, projects or None)


def _own(request: Request) -> Any:
    """The tokens that may be seen and revoked here: all of one's own; through a token, itself and its children."""
    rows = ApiToken.objects.filter(user=request.user, tenant=request.tenant)
    if (token := getattr(request, "api_token", None)) is not None:
        rows = rows.filter(pk__in=_family(token.pk))
    return rows


def _family(pk: int) -> list[int]:
    """A token and all that were made through it."""
    out, newest = [pk], [pk]
    while newest:
        newest = list(ApiToken.objects.filter(parent_id__in=newest).values_list("pk", flat=True))
        out += newest
    return out


@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """List them; a new one is shown once. Made through a token, the new one is that token's child."""
    shown = ""
    if request.tenant is None:
        raise Http404
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if ApiToken.objects.filter(user=request.user).count() >= most_tokens:
            form.add_error(None, _("You have %(count)s tokens. Revoke some that nothing uses.") % {"count": most_tokens})
        else:
            shown = _make(request, form)
            form = TokenForm()
    rows = list(_own(request).select_related("parent").order_by("-pk"))
    codes = dict(Project.objects.values_list("pk", "code"))
    context = {"rows": [(row, _told(row, codes), row.is_over()) for row in rows], "shown": shown, "form": form}
    return render(request, "frame/tokens.html", context, status=422 if form.errors else 200)


def _make(request: Request, form: TokenForm) -> str:
    given = form.cleaned_data
    token, shown = ApiToken.issue(
        tenant=request.tenant, user=request.user, name=given["name"], days=given.get("days") or 90, limit=form.limit().as_plain(),
        parent=getattr(request, "api_token", None),
    )  # fmt: skip
    accesslog.note(AccessEvent.Kind.TOKEN, request, user=request.user, detail=f"{token.prefix} {token.name}"[:200], tenant=request.tenant)
    return shown


def _told(token: ApiToken, codes: dict[int, str]) -> list[str]:
    """Each limit as a line for people."""
    out = []
    for limit in limits_from(token.limits) or (Limit(("*",)),):
        what = {read_only: _("only reads"), ("*",): _("everything its owner may")}.get(limit.grants) or ", ".join(limit.grants)
        where = "" if limit.projects is None else " · " + ", ".join(codes.get(pk, "?") for pk in sorted(limit.projects))
        out.append(f"{what}{where}")
    return out


@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Revoke one of one's own; its children go with it."""
    row = _own(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    accesslog.note(AccessEvent.Kind.REVOKED, request, user=request.user, detail=f"{row.prefix} {row.name}"[:200], tenant=row.tenant)
    row.delete()
    return redirect("tokens")
