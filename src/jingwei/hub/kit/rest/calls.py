"""Calls as a manifest tells them: addresses, and what an answer means that is no success although it says 200, or more than its status says. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, TypeVar
from urllib.parse import quote

from jingwei.hub import contract
from jingwei.hub.contract import BrokenAnswer, ConnectorError, Gone, Refused, Response, ServerFault, Session, Title, UnknownOutcome
from jingwei.hub.kit.rest import paths
from jingwei.hub.kit.rows import understood

Outcome = TypeVar("Outcome")
placeholder = re.compile(r"\{([^{}]*)\}")
errors: dict[str, type[ConnectorError]] = {
    "unauthorised": contract.Unauthorised,
    "forbidden": contract.Forbidden,
    "refused": contract.Refused,
    "gone": contract.Gone,
    "stale": contract.Stale,
    "rate_limited": contract.RateLimited,
    "server_fault": contract.ServerFault,
    "cursor_expired": contract.CursorExpired,
}
mend_gone = Title(
    "若这确是对方的回答，请在清单的 answers.codes 中把它的代码写成 gone",
    "If this is the peer's own answer, name its code as gone in answers.codes of the manifest",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """How a peer tells that something went wrong: the manifest's `answers`."""

    ok: str = ""
    ok_values: tuple[Any, ...] = (True,)
    code: str = ""
    message: str = ""
    field: str = ""
    codes: Mapping[str, str] = made(default_factory=dict)
    statuses: Mapping[str, str] = made(default_factory=dict)
    wait_seconds: float = 60.0
    empty_404: bool = False

    def opened(self, response: Response) -> Any:
        """The content of a success; raises what it means when it is none."""
        body = response.json() if response.body.strip() else None
        if not self.ok:
            return body
        said = paths.at(body, self.ok)
        if said is paths.absent:
            raise BrokenAnswer(f"the answer does not say whether it succeeded: no {self.ok}")
        if any(said == each and isinstance(said, bool) == isinstance(each, bool) for each in self.ok_values):
            return body
        raise self.meant(body, 200) or BrokenAnswer(f"an error we do not know: {self._words(body)}")

    def meant(self, body: Any, status: int) -> ConnectorError | None:
        """The error that codes in a body, or else the status, stand for; None when the manifest names neither."""
        names = [self.codes.get(str(each)) for each in paths.every(body, self.code)] if self.code else []
        known = [each for each in names if each is not None]
        if known and len(known) == len(names):  # what is unknown beside it may be worse
            name = next((each for each in errors if each in known), known[0])
        elif str(status) in self.statuses and not known:
            name = self.statuses[str(status)]
        else:
            return None
        if name == "rate_limited":
            return contract.RateLimited(self._words(body), self.wait_seconds)
        if name == "refused":
            return Refused(self._words(body), fields=self.fields_of(body))
        return errors[name](self._words(body))

    def _words(self, body: Any) -> str:
        told = [str(each) for each in paths.every(body, self.message)] if self.message else []
        return "; ".join(told)[:500] or str(body)[:300]

    def fields_of(self, body: Any) -> dict[str, str]:
        """What a refusal says of single fields."""
        if not self.field:
            return {}
        names = [str(each) for each in paths.every(body, self.field)]
        words = [str(each) for each in paths.every(body, self.message)] if self.message else []
        return {name: words[place] if len(words) == len(names) else self._words(body) for place, name in enumerate(names)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls of one stream (or of none) through a session."""

    session: Session
    answers: Answers
    stream: str = ""
    check: str = ""  # an address that only a living peer answers

    def address(self, template: str, key: str = "") -> str:
        """An address with its placeholders filled, each as one escaped step. Raises Refused for a key that would be no step."""

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            value = {"key": key, "stream": self.stream}.get(name)
            value = str(self.session.config.get(name.removeprefix("config."), "")) if value is None else value
            if value in ("", ".", ".."):
                raise Refused(f"“{value}” cannot stand in the address {template}")
            return quote(value, safe="")

        return placeholder.sub(fill, template)

    def opened(self, method: str, path: str, **more: Any) -> tuple[Response, Any]:
        """Call, and open the answer. A refusal that the manifest knows better than its status is raised as what it is."""
        try:
            response = self.session.request(method, path, **more)
        except ConnectorError as problem:
            raise self._known_better(problem) from problem
        if method == "GET":
            with understood():
                return response, self.answers.opened(response)
        return response, written(lambda: self.answers.opened(response))

    def _known_better(self, problem: ConnectorError) -> ConnectorError:
        if problem.status is None:
            return problem
        meant = self.answers.meant(problem.said, problem.status)
        if isinstance(problem, Gone):
            return self._believed(problem, meant)
        if isinstance(meant, contract.RateLimited) and isinstance(problem, contract.RateLimited):
            return problem  # it says how long
        if meant is not None:
            meant.status, meant.said = problem.status, problem.said
            return meant
        if isinstance(problem, Refused) and not problem.fields:
            problem.fields = self.answers.fields_of(problem.said)
        return problem

    def _believed(self, problem: Gone, meant: ConnectorError | None) -> ConnectorError:
        """A gateway before the peer answers 404 too, while the peer itself is away: only the peer's own word is a delete."""
        if meant is not None:
            return meant if not isinstance(meant, Gone) else problem
        if self.answers.empty_404 and problem.said is None and self.check:
            self.session.request("GET", self.check)  # raises while nobody is there
            return problem
        return ServerFault(f"not the peer's own words: {problem.message}", mend=mend_gone)


def written(read: Callable[[], Outcome]) -> Outcome:
    """Read the answer to a write. If it is garbled the write may well have happened, so its outcome is unknown."""
    try:
        with understood():
            return read()
    except BrokenAnswer as problem:
        raise UnknownOutcome(f"written, but the answer is broken: {problem.message}") from problem
