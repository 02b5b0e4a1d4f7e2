"""Which of a person's organisations he works in: chosen in the header, kept for this session, and used again at the next log-in."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jingwei.frame.models import AccessEvent, User
from jingwei.frame.models.values import whole
from jingwei.frame.rights import accesslog
from jingwei.frame.web import Request

of_tenant = ("project_id", "undo")  # what a session keeps that means something in one organisation only


@require_POST
def choose(request: Request) -> HttpResponse:
    """Work in another organisation from now on; only in one's own."""
    wanted = whole(str(request.POST.get("tenant", "")))
    tenant = next((each for each in request.tenants if each.pk == wanted), None) if request.access is not None else None
    if tenant is None:
        raise Http404
    if tenant.pk != request.tenant.pk:
        for name in of_tenant:
            request.session.pop(name, None)
        rotate_token(request)  # a form opened before belongs to where it was opened: sent now, it is refused as too old
        accesslog.note(AccessEvent.Kind.SWITCHED, request, user=request.user, detail=tenant.code, tenant=tenant)
    request.session["tenant_id"] = tenant.pk
    User.objects.filter(pk=request.user.pk).update(last_tenant=tenant)
    return redirect("/")
