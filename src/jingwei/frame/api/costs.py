"""What a GraphQL request may ask: counted on the parsed text before anything else looks at it, each fragment once, so that nesting costs nothing to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from graphql import GraphQLError, parse
from graphql.language import ast

from jingwei.frame.records.resource import resources
from jingwei.frame.traces.edges import edges_at_most
from jingwei.frame.traces.trace import relations_of

longest_text = 20_000  # characters
most_tokens = 4000
most_fragments = 20
most_operations = 10
deepest = 8
most_aliases = 30
most_fields = 1500
most_cost = 50_000  # fields times the rows they are asked of
cheap_cost = 5_000  # what costs more takes turns
usual_rows = 50
told_rows = {"cases": 20, "votes": 10}  # of one row: how many of each weigh
most_type_lists = 4
_type_lists = ("fields", "interfaces", "possibleTypes", "inputFields")


class TooDear(ValueError):
    """The request asks more than one may ask; the text says what and how much."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection comes to."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    cost: int = 0
    lists: int = 0  # of the description of the types, inside each other


class Scale:
    """Weighs one document."""

    def __init__(self, document: ast.DocumentNode, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, ast.FragmentDefinitionNode)}
        self._defaults = _defaults_of(document)
        self._known: dict[str, Weight] = {}
        self._open: set[str] = set()

    def of(self, selection: ast.SelectionSetNode | None, depth: int = 0) -> Weight:
        """Everything below a selection; fragments count where they are used."""
        if selection is None:
            return Weight()
        if depth > 4 * deepest:
            raise TooDear(_("The request is nested more than %(most)s levels deep.") % {"most": deepest})
        fields = depth_below = aliases = cost = lists = 0
        for node in selection.selections:
            found = self._weight(node, depth)
            fields, aliases, cost = fields + found.fields, aliases + found.aliases, cost + found.cost
            depth_below, lists = max(depth_below, found.depth), max(lists, found.lists)
            if fields > most_fields:
                raise TooDear(_("The request asks for more than %(most)s fields.") % {"most": most_fields})
        return Weight(fields, depth_below, aliases, cost, lists)

    def _weight(self, node: ast.SelectionNode, depth: int) -> Weight:
        if isinstance(node, ast.FieldNode):
            below = self.of(node.selection_set, depth + 1)
            name, rows = node.name.value, self._rows(node)
            lists = below.lists + (name in _type_lists)
            if name in ("__schema", "__type"):  # asked by tools: deep, but without a row
                if lists > most_type_lists:
                    raise TooDear(_("The description of the types is asked more than %(most)s lists deep.") % {"most": most_type_lists})
                return Weight(below.fields + 1, 1, below.aliases, below.fields)
            return Weight(below.fields + 1, below.depth + 1, below.aliases + (node.alias is not None), (below.cost + 1) * rows, lists)
        if isinstance(node, ast.InlineFragmentNode):
            return self.of(node.selection_set, depth + 1)
        assert isinstance(node, ast.FragmentSpreadNode)
        return self._fragment(node.name.value, depth)

    def _fragment(self, name: str, depth: int) -> Weight:
        if name in self._known:
            return self._known[name]
        if name in self._open:
            raise TooDear(_("The fragment “%(name)s” contains itself.") % {"name": name[:80]})
        if name not in self.fragments:
            return Weight()  # validation says so
        self._open.add(name)
        found = self._known[name] = self.of(self.fragments[name].selection_set, depth + 1)
        self._open.discard(name)
        return found

    def _rows(self, node: ast.FieldNode) -> int:
        """How many rows a list may give."""
        if node.name.value == "edges":
            return _edges_at_most()
        if node.name.value in told_rows or node.name.value.endswith("Cases"):
            return told_rows.get(node.name.value, told_rows["cases"])
        if not node.name.value.endswith("List") and not node.name.value.endswith("_list"):
            return 1
        asked = next((a.value for a in node.arguments or () if a.name.value == "size"), None)
        value: Any = usual_rows
        if isinstance(asked, ast.VariableNode):
            value = self.variables.get(asked.name.value, self._defaults.get(asked.name.value, usual_rows))
        elif asked is not None:
            value = asked.value if isinstance(asked, ast.IntValueNode) else None
        text = str(value)
        return max(1, min(int(text), 500)) if text.isascii() and text.isdigit() and len(text) < 10 else 500


@cache
def _edges_at_most() -> int:
    """What one row may tell: so many of every relation, in either direction."""
    return edges_at_most * max((len(relations_of(each)) for each in resources()), default=1)


def _defaults_of(document: ast.DocumentNode) -> dict[str, Any]:
    """What variables are when they are not given. What is no whole number, or differs from operation to operation, weighs most."""
    out: dict[str, Any] = {}
    for operation in document.definitions:
        for each in operation.variable_definitions or () if isinstance(operation, ast.OperationDefinitionNode) else ():
            name, default = each.variable.name.value, each.default_value
            value: Any = usual_rows
            if default is not None:
                value = default.value if isinstance(default, ast.IntValueNode) else None
            out[name] = value if out.get(name, value) == value else None
    return out


def check(query: Any, variables: Any) -> int:
    """What the dearest operation costs. Raises TooDear for what is too large, too deep or too dear; what is no GraphQL at all is left to the reader
    behind."""
    if not isinstance(query, str):
        raise TooDear(_("“query” must be a text."))
    if len(query) > longest_text:
        raise TooDear(_("The request is longer than %(most)s characters.") % {"most": longest_text})
    if variables is not None and not isinstance(variables, dict):
        raise TooDear(_("“variables” must be an object."))
    try:
        document = parse(query, max_tokens=most_tokens, no_location=True)
    except RecursionError:
        raise TooDear(_("The request is nested more than %(most)s levels deep.") % {"most": deepest}) from None
    except GraphQLError as problem:
        if "tokens" in problem.message:
            raise TooDear(_("The request has more than %(most)s words.") % {"most": most_tokens}) from None
        return 0
    operations = [d for d in document.definitions if isinstance(d, ast.OperationDefinitionNode)]
    scale = Scale(document, variables or {})
    if len(operations) > most_operations or len(scale.fragments) > most_fragments:
        raise TooDear(_("At most %(operations)s operations and %(fragments)s fragments.") % {"operations": most_operations, "fragments": most_fragments})
    for fragment in scale.fragments.values():
        scale.of(fragment.selection_set)
    weights = [scale.of(operation.selection_set) for operation in operations]
    for each in weights:
        _check_one(each)
    return max((each.cost for each in weights), default=0)


def _check_one(found: Weight) -> None:
    if found.depth > deepest:
        raise TooDear(_("The request is nested more than %(most)s levels deep.") % {"most": deepest})
    if found.aliases > most_aliases:
        raise TooDear(_("The request has more than %(most)s aliases.") % {"most": most_aliases})
    if found.cost > most_cost:
        raise TooDear(
            _("The request costs %(cost)s, at most %(most)s: fields times the rows asked. Ask for fewer rows or fields.")
            % {"cost": found.cost, "most": most_cost}
        )
