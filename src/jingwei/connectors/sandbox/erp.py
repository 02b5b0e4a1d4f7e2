"""Adapter of the demo ERP: errors inside a 200, numbered pages, Beijing time to the second, idempotent create by client_ref."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from jingwei.connectors.sandbox.answers import address, ask_of_one, choices, deleted_one_by_one, looked_up, page_address, part, title, values_of, written
from jingwei.hub.contract import (
    BrokenAnswer,
    Check,
    ConnectorError,
    Field,
    Found,
    Gone,
    Page,
    Record,
    Refused,
    Response,
    Session,
    Stream,
    Title,
    Unauthorised,
    Values,
)
from jingwei.hub.kit.reading import read_by_time
from jingwei.hub.kit.rows import records_of

not_found_at: tuple[str, ...] = ()  # its errors come inside a 200
page_limit = 200
look_back = timedelta(seconds=5)
resolution = timedelta(seconds=1)
beijing = timezone(timedelta(hours=8))  # the ERP writes local times without a zone; China has no summer time
_numbered = Field("number", "string", title("单据号", "Number"), read_only=True)
_project = Field("project_code", "reference", title("项目", "Project"), required=True)
_common = (
    Field("client_ref", "string", title("外部单号", "Client reference"), max_length=100),
    Field("updated_at", "datetime", title("更新时间", "Updated"), read_only=True),
    Field("updated_by", "string", title("修改人", "Changed by"), read_only=True),
)
currencies = (("CNY", "人民币"), ("USD", "美元"), ("EUR", "欧元"))
voucher_states = (("draft", "暂存"), ("posted", "已过账"), ("reversed", "已冲销"))
order_states = (("draft", "暂存"), ("approved", "已审核"), ("partly", "部分到货"), ("received", "已到货"), ("cancelled", "已取消"))
fields = {
    "cost_vouchers": (
        _numbered,
        _project,
        Field("account", "reference", title("科目", "Account"), required=True),
        Field("description", "string", title("摘要", "Description"), required=True, max_length=200),
        Field("amount", "decimal", title("金额", "Amount"), required=True),
        Field("currency", "enum", title("币种", "Currency"), choices=currencies),
        Field("period", "string", title("期间", "Period"), required=True, max_length=7),
        Field("posted_on", "date", title("过账日期", "Posted on")),
        Field("supplier", "reference", title("供应商", "Supplier")),
        Field("status", "enum", title("状态", "Status"), choices=voucher_states),
        *_common,
    ),
    "purchase_orders": (
        _numbered,
        _project,
        Field("supplier", "reference", title("供应商", "Supplier"), required=True),
        Field("item", "string", title("物料", "Item"), required=True, max_length=200),
        Field("quantity", "decimal", title("数量", "Quantity"), required=True),
        Field("amount", "decimal", title("金额", "Amount"), required=True),
        Field("promised_date", "date", title("承诺交期", "Promised date")),
        Field("status", "enum", title("状态", "Status"), choices=order_states),
        *_common,
    ),
}
titles = {"cost_vouchers": ("成本凭证", "Cost vouchers", "description"), "purchase_orders": ("采购订单", "Purchase orders", "item")}
mend_key = Title("重新填写 ERP 的接口密钥", "Enter the ERP's API key again")


def opened(response: Response) -> Mapping[str, Any]:
    """The content of a successful answer. Raises what an unsuccessful one means: Unauthorised, Gone, Refused or BrokenAnswer."""
    body = response.json()
    if not isinstance(body, Mapping) or not isinstance(body.get("success"), bool):
        raise BrokenAnswer("the answer does not say whether it succeeded")
    if body["success"]:
        return body
    errors = [each for each in body.get("errors") or () if isinstance(each, Mapping)]
    codes = {str(each.get("code")) for each in errors}
    text = "; ".join(str(each.get("message", "")) for each in errors) or "refused without a reason"
    if "AUTH_INVALID" in codes:
        raise Unauthorised(text, mend=mend_key)
    if "NOT_FOUND" in codes:
        raise Gone(text)
    if codes and codes <= {"INVALID", "BAD_REQUEST", "METHOD"}:
        raise Refused(text, fields={str(each["field"]): str(each.get("message", "")) for each in errors if each.get("field")})
    raise BrokenAnswer(f"an error we do not know: {text}")


def _record(stream: str, row: Any, session: Session) -> Record:
    if not isinstance(row, Mapping) or not row.get("number"):
        raise BrokenAnswer("a document without its number")
    try:
        changed = datetime.strptime(row["updated_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=beijing).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        raise BrokenAnswer(f"{row['number']}: not a time: {row.get('updated_at')!r}") from None
    return Record(
        stream=stream,
        key=str(row["number"]),
        values=values_of(fields[stream], {**row, "updated_at": changed.isoformat()}),
        modified_at=changed,
        url=page_address(session, stream, row["number"]),
        external_key=row.get("client_ref") or None,
    )


def _records(stream: str, rows: Iterable[Any], session: Session) -> list[Record]:
    return records_of(stream, rows, lambda row: _record(stream, row, session), key="number")


class ErpConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        """Who we are over there."""
        body = opened(session.request("GET", "/api/whoami"))
        return Check(ok=True, account=f"{body.get('company', '')} {body.get('account', '')}", version=str(body.get("version", "")))

    def streams(self, session: Session) -> Sequence[Stream]:
        """Two streams; projects, accounts and suppliers are asked."""
        known = {
            field: choices(part(opened(session.request("GET", f"/api/{where}")), "rows", list), "code" if field != "supplier" else "name", "name")
            for field, where in (("project_code", "projects"), ("account", "accounts"), ("supplier", "suppliers"))
        }
        return tuple(
            Stream(
                name=stream,
                title=title(zh, en),
                fields=tuple(replace(each, choices=known.get(each.name, each.choices)) for each in fields[stream]),
                key="number",
                label=label,
                modified="updated_at",
                external_key_field="client_ref",
                can_delete=True,
                idempotent_create=True,
                page_limit=page_limit,
                modified_resolution=timedelta(seconds=1),
            )
            for stream, (zh, en, label) in titles.items()
        )

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """By time of change; an offset into a tie is turned into the one or two numbered pages that hold it."""
        size = min(limit, page_limit)

        def page_of(since: datetime | None, number: int) -> list[Record]:
            asked: Values = {"order_by": "updated_at", "page": number, "page_size": size}
            if since:
                asked["updated_from"] = since.astimezone(beijing).strftime("%Y-%m-%d %H:%M:%S")
            rows = part(opened(session.request("GET", f"/api/{stream}", params=asked)), "rows", list)
            return _records(stream, rows, session)

        def read_since(since: datetime | None, offset: int) -> Sequence[Record]:
            full, skip = divmod(offset, size)
            records = page_of(since, full + 1)
            if skip and len(records) == size:
                records += page_of(since, full + 2)
            return records[skip : skip + size]

        return read_by_time(cursor, size, look_back, resolution, session.now, read_since)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One document now."""
        try:
            body = opened(ask_of_one(session, "GET", address(stream, key), not_found_at))
        except Gone:
            return None
        return _records(stream, [part(body, "row", dict)], session)[0]

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """Each as it is now, or why it is not there."""
        return looked_up(lambda key: self.fetch(session, stream, key), keys)

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Documents made under our reference."""
        body = opened(session.request("GET", f"/api/{stream}", params={"client_ref": external_key, "page_size": page_limit}))
        return _records(stream, part(body, "rows", list), session)

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every number, ascending. Always the first page behind the last number: no edit or delete can shift it."""
        last = ""
        while True:
            asked: Values = {"order_by": "number", "page": 1, "page_size": page_limit} | ({"number_after": last} if last else {})
            numbers = [str(row["number"]) for row in part(opened(session.request("GET", f"/api/{stream}", params=asked)), "rows", list)]
            yield from numbers
            if len(numbers) < page_limit:
                return
            last = numbers[-1]

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference; the same reference again answers with the document it made."""
        answer = session.request("POST", f"/api/{stream}", json=values | {"client_ref": external_key})
        return written(lambda: _record(stream, part(opened(answer), "row", dict), session))

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields (this ERP keeps no versions); the answer is the document as stored."""
        answer = ask_of_one(session, "PUT", address(stream, key), not_found_at, json=values)
        return written(lambda: _record(stream, part(opened(answer), "row", dict), session))

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete a draft; raises Refused for anything further on and Gone when it is gone already."""
        answer = ask_of_one(session, "DELETE", address(stream, key), not_found_at)
        written(lambda: opened(answer))

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """One by one: it has no call for many."""
        return deleted_one_by_one(lambda key: self.delete(session, stream, key), keys)

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """This ERP sends no webhooks."""
        return ()
