"""GraphQL: what a request may cost is counted before it is looked at; nothing that is sent to it is a failure of ours."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from hypothesis_graphql import strategies as graphql_strategies

from jingwei.frame.api import costs
from jingwei.frame.api.graphql import schema
from jingwei.frame.models import ApiToken
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def client_of(house: House, who: str = "owner") -> Any:
    token = ApiToken.issue(tenant=house.tenant, user=getattr(house, who), name="fuzz")[1]
    client = Client(raise_request_exception=False)

    def ask(query: Any, variables: Any = None) -> Any:
        body = query if isinstance(query, list | bytes) else {"query": query, "variables": variables}
        return client.post("/graphql", body if isinstance(body, bytes) else json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token}"})  # fmt: skip

    return ask


def nested_fragments(count: int) -> str:
    parts = [f"fragment f{n} on WorkTaskPage {{ ...f{n + 1} ...f{n + 1} }}" for n in range(count)]
    return f"{{ workTaskList {{ ...f0 ...f0 }} }} {' '.join(parts)} fragment f{count} on WorkTaskPage {{ count pages items {{ id name }} }}"


hostile = {
    "nested fragments": nested_fragments(18),
    "more fragments": nested_fragments(40),
    "a fragment in itself": "{ workTaskList { ...f } } fragment f on WorkTaskPage { ...g } fragment g on WorkTaskPage { ...f }",
    "unused fragments": "{ workTaskList { count } } " + " ".join(f"fragment u{n} on WorkTaskPage {{ count }}" for n in range(30)),
    "aliases": "{ " + " ".join(f"a{n}: workTaskList {{ count }}" for n in range(31)) + " }",
    "rows": "{ " + " ".join(f"a{n}: workTaskList(size: 500) {{ items {{ id name wbs start finish }} }}" for n in range(25)) + " }",
    "deep": "{ workTaskList " + "{ items " * 30 + "{ id }" + " }" * 30 + " }",
    "very deep": "{" * 5000,
    "deep lists": "{ workTask(key: " + "[" * 3000 + "]" * 3000 + ") { id } }",
    "words": "{ " + "workTaskList { count } " * 2000 + " }",
    "directives": "{ workTaskList " + "@a " * 3900 + "{ count } }",
    "types of types": "{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { name } } } } } } } } } } } }",
}


@pytest.mark.parametrize("query", hostile.values(), ids=hostile)
def test_what_is_too_dear_is_refused_in_a_moment(query: str, house: House) -> None:
    ask, begun = client_of(house), time.process_time()
    answer = ask(query)
    assert answer.status_code in (200, 400) and answer.json()["errors"], answer.content[:200]
    assert time.process_time() - begun < 2


def test_one_request_at_a_time(house: House) -> None:
    ask = client_of(house)
    for body in (
        [{"query": "{ workTaskList { count } }"}] * 2,
        b"[",
        b"",
        b"null",
        b'{"query": 1}',
        b'{"query": "{ workTaskList { count } }", "variables": [1]}',
        b"\xff",
    ):
        assert ask(body).status_code == 400, body


def test_tools_may_still_ask_for_the_types_and_people_for_pages_of_rows(house: House) -> None:
    from graphql import get_introspection_query

    ask = client_of(house)
    assert "errors" not in ask(get_introspection_query()).json()
    assert "errors" not in ask("{ workTaskList(size: 500) { count items { id name wbs start finish naturalKey } } }").json()
    fragment = "query($n: Int) { workTaskList(size: $n) { ...p } frameProjectList { items { id } } } fragment p on WorkTaskPage { count items { id } }"
    assert "errors" not in ask(fragment, {"n": 100}).json()


def test_the_weight_is_counted_once_a_fragment() -> None:
    with pytest.raises(costs.TooDear):
        costs.check(nested_fragments(18), None)
    costs.check("{ workTaskList(size: 500) { items { id name } } }", None)
    with pytest.raises(costs.TooDear):
        costs.check("query($n: Int) { workTaskList(size: $n) { items { " + "id " * 120 + "} } }", {"n": 500})


@pytest.mark.parametrize("default", ["500", "null", '"x"', "[1]"])
def test_a_default_weighs_what_it_asks_for(default: str) -> None:
    """Given a variable that has a default and is not sent, when the request is weighed, then as many rows count as the default asks for, or the most there may be."""
    dear = f"query($n: Int = {default}) {{ workTaskList(size: $n) {{ items {{ {'id ' * 120} }} }} }}"
    with pytest.raises(costs.TooDear):
        costs.check(dear, None)
    costs.check(dear, {"n": 50})
    costs.check(dear.replace(default, "50", 1), None)
    with pytest.raises(costs.TooDear):  # the same name with another default in another operation
        costs.check("query A($n: Int = 10) { frameProjectList(size: $n) { count } } " + dear.replace("query(", "query B("), None)


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_whatever_the_schema_allows_is_never_a_failure(who: str, house: House) -> None:
    ask, failed = client_of(house, who), []
    scalars = {"JSON": st.just(nodes.String("{}")), "Date": st.sampled_from([nodes.String(d) for d in ("0001-01-01", "9999-12-31", "x")]), "DateTime": st.just(nodes.String("9999-12-31T23:59:59-12:00")), "Decimal": st.just(nodes.String("NaN"))}  # fmt: skip

    @settings(
        max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        database=None,
        derandomize=True,
    )
    @given(query=graphql_strategies.from_schema(schema.as_str(), custom_scalars=scalars))
    def send(query: str) -> None:
        answer = ask(query)
        if answer.status_code >= 500 or any("extensions" not in e and "locations" not in e for e in answer.json().get("errors") or ()):
            failed.append((query[:400], answer.status_code, answer.content[:300]))

    send()
    assert not failed, failed[:3]
