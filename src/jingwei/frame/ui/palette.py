"""What the palette behind Ctrl-K offers beside records: pages, new records, projects to go to, language, light or dark."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.records.resource import resources
from jingwei.frame.rights.access import Access
from jingwei.frame.ui import menu
from jingwei.frame.web import Request

projects_at_most = 6
languages = {code: str(name) for code, name in settings.LANGUAGES}
Line = dict[str, str]


def commands_for(request: Request, words: str) -> list[Line]:
    """Lines whose title holds every word, in the language shown or the other: `url` leads somewhere, `action` is done by the page."""
    lines = [_line(item.title, item.icon, url=item.address) for _key, items in menu.visible(request) for item in items]
    for resource in resources():
        if request.access.anywhere(resource.permission("add")):
            title = {code: _in(code, _new) % {"what": _in(code, resource.title)} for code in languages}
            lines.append(_line(title, "plus", url=menu.new_address(resource)))
    lines += [_line(title, icon, url=reverse(name)) for title, icon, name in _own]
    other = "zh-hans" if request.LANGUAGE_CODE == "en" else "en"
    lines.append(_line({code: f"{_in(code, _language)}: {languages[other]}" for code in languages}, "language", action="language"))
    lines += [_line(_theme, "moon", action="theme"), _line(_keys, "keyboard", action="keys")]
    found = [line for line in lines if _fits(line, words)]
    return [_shown(line, request.LANGUAGE_CODE) for line in found] + projects_for(request.access, words)


def projects_for(access: Access, words: str) -> list[Line]:
    """Projects to go to and to work on from now on; offered once something is typed."""
    if not words:
        return []
    wanted = words.lower().split()
    known = [(project, _("Go to project: %(project)s") % {"project": project}) for project in menu.projects_shown(access)[:200]]
    fitting = [(project, title) for project, title in known if all(word in title.lower() for word in wanted)]
    return [
        {"title": title, "icon": "target", "action": "project", "value": str(project.pk), "url": menu.project_address(project)}
        for project, title in fitting[:projects_at_most]
    ]


_new = gettext_lazy("New: %(what)s")
_language = gettext_lazy("Switch language")
_theme = gettext_lazy("Light or dark")
_keys = gettext_lazy("Keyboard")
_own = (
    (gettext_lazy("Guide"), "help", "help-begin"),
    (gettext_lazy("Notifications"), "bell", "notices"),
    (gettext_lazy("Notices"), "bell", "notice-choices"),
    (gettext_lazy("Password"), "key", "account_change_password"),
    (gettext_lazy("Two-step log-in"), "shield", "mfa_index"),
    (gettext_lazy("Sessions"), "login", "usersessions_list"),
    (gettext_lazy("E-mail addresses"), "mail", "account_email"),
    (gettext_lazy("API tokens"), "code", "tokens"),
)


def _line(title: Promise | str | dict[str, str], icon: str, **rest: str) -> Line:
    titles = title if isinstance(title, dict) else {code: _in(code, title) for code in languages}
    return {"icon": icon, **rest, **{code: capfirst(text) for code, text in titles.items()}}


def _in(language: str, text: object) -> str:
    with translation.override(language):
        return str(text)


def _fits(line: Line, words: str) -> bool:
    titles = [line[code].lower() for code in languages]
    return all(any(word in title for title in titles) for word in words.lower().split())


def _shown(line: Line, language: str) -> Line:
    title = line.get(language) or line["zh-hans"]
    return {"title": capfirst(title), **{name: value for name, value in line.items() if name not in languages}}
