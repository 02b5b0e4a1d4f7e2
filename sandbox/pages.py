"""The pages beside the API: lists, forms, fault switches, webhooks."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox import faults as fault_room
from sandbox.columns import Column, Invalid, Table, Values
from sandbox.faults import BadFault, Faults
from sandbox.markup import (
    Language,
    button_form,
    card,
    cell,
    field,
    from_form,
    language_of,
    moment_text,
    notice,
    page,
    plain,
    said,
    table,
    text,
    texts,
)
from sandbox.store import Missing, Outdated, Store
from sandbox.system import System, company
from sandbox.web import BadRequest, Request, Response, Router, json_response, page_response, see_other
from sandbox.webhooks import Courier

static = Path(__file__).parent / "static"
rows_a_page = 50
_kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Pages:
    """Pages of one system. They stay up when the API is switched off."""

    def __init__(
        self,
        system: System,
        store: Store,
        courier: Courier | None,
        faults: Callable[[], Faults],
        switch: Callable[[dict[str, Any]], Faults],
    ) -> None:
        self.system, self.store, self.courier, self._faults, self._switch = (system, store, courier, faults, switch)

    def add_routes(self, router: Router) -> None:
        """Register every page."""
        router.add("GET", "/", lambda request: see_other(f"/{self.system.tables[0].name}"))
        router.add("GET", "/static/{name}", self.static_file)
        router.add("GET", "/faults", self.show_faults)
        router.add("POST", "/faults", self.post_faults)
        if self.courier:
            router.add("GET", "/webhooks", self.show_webhooks)
            router.add("POST", "/webhooks", self.add_webhook)
            router.add("POST", "/webhooks/{key}/delete", self.remove_webhook)
        router.add("GET", "/{name}", self.show_list)
        router.add("GET", "/{name}/new", self.show_new)
        router.add("POST", "/{name}/new", self.post_new)
        router.add("GET", "/{name}/{key}", self.show_one)
        router.add("POST", "/{name}/{key}", self.post_one)
        router.add("POST", "/{name}/{key}/delete", self.post_delete)

    def static_file(self, request: Request, name: str) -> Response:
        """Our own style sheet and icon."""
        known = {path.name: path for path in static.iterdir()}
        if name not in known:
            raise Missing(name)
        path = known[name]
        return Response(200, path.read_bytes(), {"content-type": _kinds[path.suffix], "cache-control": "max-age=3600"})

    def _table(self, name: str) -> Table:
        if name not in self.store.tables:
            raise Missing(name)
        return self.store.tables[name]

    def _page(self, request: Request, title: str, body: str, status: int = 200) -> Response:
        language = language_of(request)
        top = "/" + request.path.split("/")[1]
        places = [(f"/{each.name}", said(each.title, language)) for each in self.system.tables]
        if self.courier:
            places.append(("/webhooks", text("webhooks", language)))
        places.append(("/faults", text("faults", language)))
        html = page(
            language=language,
            title=title,
            system=said(self.system.title, language),
            company=said(company, language),
            nav=[(address, name, address == top) for address, name in places],
            body=body,
            here=request.path,
        )
        headers = {"set-cookie": f"lang={language}; Path=/; SameSite=Lax; Max-Age=31536000"} if "lang" in request.query else {}
        return page_response(html, status, headers)

    def show_list(self, request: Request, name: str) -> Response:
        """Fifty rows, newest change first, with a search over the texts."""
        shelf, language = self._table(name), language_of(request)
        sought = request.query.get("q", "").strip()
        where, values = "1", []
        if sought:
            like = "%" + sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            texts = [each.name for each in shelf.columns if each.kind in ("text", "long", "choice", "labels")]
            where = "(" + " OR ".join(f"{each} LIKE ? ESCAPE '\\'" for each in texts) + ")"
            values = [like] * len(texts)
        number = request.whole("page", 1, 1, 1_000_000)
        total = self.store.count(name, where, values)
        rows = self.store.rows(name, where, values, order="updated_ms DESC, id DESC", limit=rows_a_page, offset=(number - 1) * rows_a_page)
        columns = [each for each in shelf.columns if each.listed and each.name != shelf.number_column]
        heads = [said(shelf.column(shelf.number_column).title, language), *(said(each.title, language) for each in columns)]
        lines = (self._line(shelf, row, columns, language) for row in rows)
        body = self._list_head(name, sought, total, language)
        body += table([*heads, text("updated", language)], lines) if rows else f"<p>{text('none', language)}</p>"
        body += self._turn(name, sought, number, total, language)
        return self._page(request, said(shelf.title, language), body)

    def _line(self, shelf: Table, row: Values, columns: list[Any], language: Language) -> list[str]:
        link = f'<td class="key"><a href="/{shelf.name}/{row["id"]}">{escape(row[shelf.number_column])}</a></td>'
        return [link, *(cell(each, row[each.name], language) for each in columns), f"<td>{moment_text(row['updated_ms'])}</td>"]

    def _list_head(self, name: str, sought: str, total: int, language: Language) -> str:
        search = text("search", language)
        return (
            f'<form class="bar" method="get" role="search"><input type="search" name="q" aria-label="{search}" value="{escape(sought)}">'
            f"<button>{search}</button><span>{text('total', language).format(n=total)}</span>"
            f'<a class="button" href="/{name}/new">{text("add", language)}</a></form>'
        )

    def _turn(self, name: str, sought: str, number: int, total: int, language: Language) -> str:
        def link(to: int, key: str) -> str:
            query = escape(urlencode({"q": sought, "page": to} if sought else {"page": to}))
            return f'<a class="button" href="/{name}?{query}">{text(key, language)}</a>'

        parts = [link(number - 1, "previous")] if number > 1 else []
        parts += [link(number + 1, "next")] if number * rows_a_page < total else []
        return f'<p class="turn">{"".join(parts)}</p>' if parts else ""

    def _form(self, shelf: Table, values: Values, language: Language, errors: dict[str, str], version: int | None) -> str:
        inputs = "".join(field(each, values.get(each.name), language, errors.get(each.name, "")) for each in shelf.columns if not each.read_only)
        hidden = f'<input type="hidden" name="version" value="{version}">' if version is not None else ""
        return card(hidden + inputs, text("save", language))

    def show_new(self, request: Request, name: str) -> Response:
        """An empty form."""
        shelf, language = self._table(name), language_of(request)
        blank = {each.name: each.default for each in shelf.columns}
        return self._page(request, text("add", language), self._form(shelf, blank, language, {}, None))

    def post_new(self, request: Request, name: str) -> Response:
        """Create, or show what is wrong."""
        shelf, language = self._table(name), language_of(request)
        given = from_form(shelf.columns, request.form())
        try:
            row = self.store.insert(name, given, by="page")
        except Invalid as problem:
            body = notice(text("fix", language), "bad") + self._form(shelf, given, language, problem.errors, None)
            return self._page(request, text("add", language), body, 422)
        return see_other(f"/{name}/{row['id']}?done=saved")

    def show_one(self, request: Request, name: str, key: str) -> Response:
        """One record in a form."""
        return self._record(request, self._table(name), self.store.one(self._table(name).name, key))

    def _record(self, request: Request, shelf: Table, row: Values, errors: dict[str, str] | None = None, message: str = "", status: int = 200) -> Response:
        language = language_of(request)
        done = request.query.get("done", "")
        body = notice(message, "bad") if message else notice(text("saved", language)) if done == "saved" else ""
        facts = [(said(each.title, language), row[each.name]) for each in shelf.columns if each.read_only and row[each.name] is not None]
        facts += [(text("updated", language), moment_text(row["updated_ms"])), (text("by", language), row["updated_by"])]
        body += '<dl class="facts">' + "".join(f"<dt>{escape(a)}</dt><dd>{escape(str(b))}</dd>" for a, b in facts) + "</dl>"
        body += self._form(shelf, row, language, errors or {}, row["version"])
        body += button_form(f"/{shelf.name}/{row['id']}/delete", text("delete", language), "danger")
        return self._page(request, f"{row[shelf.number_column]} {row[shelf.label] or ''}".strip(), body, status)

    def post_one(self, request: Request, name: str, key: str) -> Response:
        """Save a form; a form that is out of date is refused and shown anew."""
        shelf, language = self._table(name), language_of(request)
        form = request.form()
        given = from_form(shelf.columns, form)
        version = int(form["version"]) if form.get("version", "").isdigit() else None
        try:
            row = self.store.update(name, key, given, by="page", version=version)
        except Outdated:
            return self._record(request, shelf, self.store.one(name, key), message=text("stale", language), status=409)
        except Invalid as problem:
            shown = self.store.one(name, key) | given
            return self._record(request, shelf, shown, problem.errors, text("fix", language), 422)
        return see_other(f"/{name}/{row['id']}?done=saved")

    def post_delete(self, request: Request, name: str, key: str) -> Response:
        """Delete, or say why not."""
        shelf = self._table(name)
        try:
            self.store.delete(name, key, by="page")
        except Invalid as problem:
            return self._record(request, shelf, self.store.one(name, key), message="; ".join(problem.errors.values()), status=409)
        return see_other(f"/{name}")

    def show_faults(self, request: Request) -> Response:
        """The switches: a page for a browser, JSON for a program."""
        if "text/html" not in request.headers.get("accept", ""):
            return json_response(self._faults().as_dict())
        return self._faults_page(request)

    def _faults_page(self, request: Request, message: str = "", status: int = 200) -> Response:
        language = language_of(request)
        lines = []
        for name, value in self._faults().as_dict().items():
            title, hint = (escape(said(pair, language)) for pair in fault_room.titles[name])
            if isinstance(value, bool):
                control = f'<input type="checkbox" id="f-{name}" name="{name}"{" checked" if value else ""} aria-describedby="h-{name}">'
            else:
                limits = 'step="1"' if isinstance(value, int) else 'step="0.01" max="1"'
                marks = f'id="f-{name}" name="{name}" value="{value:g}" aria-describedby="h-{name}"'
                control = f'<input type="number" min="0" {limits} {marks}>'
            lines.append(f'<p class="field"><label for="f-{name}">{title}</label>{control}<small id="h-{name}">{hint}</small></p>')
        body = notice(message, "bad") if message else notice(text("saved", language)) if "done" in request.query else ""
        body += f"<p>{text('faults_intro', language)}</p>"
        body += card("".join(lines), text("save", language))
        return self._page(request, text("faults", language), body, status)

    def post_faults(self, request: Request) -> Response:
        """Switch faults: from the form all of them, from a program those it names."""
        if "form" not in request.headers.get("content-type", ""):
            try:
                return json_response(self._switch(request.json()).as_dict())
            except BadFault as problem:
                return json_response({"error": str(problem)}, 422)
        form = request.form()
        try:
            self._switch({name: name in form if isinstance(value, bool) else float(form.get(name) or 0) for name, value in self._faults().as_dict().items()})
        except ValueError as problem:
            return self._faults_page(request, str(problem), 422)
        return see_other("/faults?done=1")

    def show_webhooks(self, request: Request, errors: dict[str, str] | None = None) -> Response:
        """Registrations and the newest deliveries."""
        assert self.courier
        language = language_of(request)
        hooks = [
            [
                *plain(each["url"], each["state"], each["waiting"]),
                "<td>" + button_form(f"/webhooks/{each['id']}/delete", text("delete", language)) + "</td>",
            ]
            for each in self.courier.webhooks()
        ]
        sent = [
            plain(
                each["kind"],
                each["url"],
                each["attempts"],
                each["answer"],
                moment_text(each["delivered_ms"]) if each["delivered_ms"] else "",
            )
            for each in self.courier.recent(50)
        ]
        address = Column("url", "text", texts["address"], required=True, max_length=500)
        secret = Column("secret", "text", texts["secret"], required=True)
        body = notice("; ".join(errors.values()), "bad") if errors else ""
        body += f"<h2>{text('registrations', language)}</h2>"
        body += table([text(key, language) for key in ("address", "state", "waiting", "delete")], hooks)
        body += card("".join(field(each, "", language) for each in (address, secret)), text("register", language))
        body += f"<h2>{text('deliveries', language)}</h2>"
        body += table([text(key, language) for key in ("event", "address", "attempts", "answer", "updated")], sent)
        return self._page(request, text("webhooks", language), body, 422 if errors else 200)

    def add_webhook(self, request: Request) -> Response:
        """Register an address."""
        assert self.courier
        form = request.form()
        try:
            self.courier.register(form.get("url", ""), form.get("secret", ""))
        except Invalid as problem:
            return self.show_webhooks(request, problem.errors)
        return see_other("/webhooks")

    def remove_webhook(self, request: Request, key: str) -> Response:
        """Forget an address."""
        assert self.courier
        if not key.isdigit():
            raise BadRequest("not a registration")
        self.courier.remove(int(key))
        return see_other("/webhooks")
