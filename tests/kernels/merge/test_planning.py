"""The sync planner: worked cases, one for each rule; those that a random walk once broke say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jingwei.kernels import merge
from jingwei.kernels.merge import Answer, Apart, Arrival, Half, Pair, Standing, Taken, Terms, Why, Write

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)


def terms(policy: str = "ask", **options: Any) -> Terms:
    """Terms of one field."""
    return Terms(policies={"f": policy}, **options)


def pair(a: Any, b: Any, base: Any = "nothing", **marks: Apart) -> Pair:
    """A pair of one field: a value, `deleted` or `absent` on each side, and a base unless nothing was agreed yet."""
    halves = [Half() if v == "absent" else Half(key, None if v == "deleted" else {"f": v}, gone=v == "deleted") for key, v in (("1", a), ("2", b))]
    return Pair(*halves, base=None if base == "nothing" else {"f": base}, apart=dict(marks))


def plan(a: Any, b: Any, base: Any = "nothing", policy: str = "ask", **options: Any) -> merge.Plan:
    """The plan over one field."""
    return merge.plan(pair(a, b, base), terms(policy, **options))


def writes(found: merge.Plan) -> dict[str, Any]:
    """What each side is told of the field."""
    return {side: write.values.get("f", write.action) for side, write in found.writes.items()}


def answered(value: Any, **more: Any) -> Answer:
    """The record as the peer has it after a write."""
    return Answer("2", {"f": value}, read_at=noon, **more)


# what is merged ------------------------------------------------------------------------------------------------------


def test_one_side_changed_is_taken() -> None:
    assert writes(plan("new", "old", "old")) == {"b": "new"}
    assert writes(plan("old", "new", "old")) == {"a": "new"}


def test_both_changed_alike_agree_and_apart_clash() -> None:
    assert plan("new", "new", "old").base == {"f": "new"}
    clash = plan("mine", "theirs", "old").clashes[0]
    assert (clash.a, clash.b, clash.base) == ("mine", "theirs", "old")


@pytest.mark.parametrize(("policy", "told"), [("a", {"b": "mine"}), ("b", {"a": "theirs"})])
def test_a_policy_decides(policy: str, told: dict[str, str]) -> None:
    found = plan("mine", "theirs", "old", policy)
    assert (writes(found), found.clashes) == (told, ())


def test_newest_without_times_or_within_doubt_asks() -> None:
    assert plan("mine", "theirs", "old", "newest").clashes
    known = pair("mine", "theirs", "old")
    known.a.changed_at, known.b.changed_at = noon, noon + timedelta(seconds=2)
    assert merge.plan(known, terms("newest")).clashes
    known.b.changed_at = noon + timedelta(seconds=3)
    assert writes(merge.plan(known, terms("newest"))) == {"a": "theirs"}


@pytest.mark.parametrize("is_read", [True, False])
def test_a_stamp_behind_its_reading_is_of_a_wrong_clock_and_decides_nothing(is_read: bool) -> None:
    known = pair("old", "old", "old")
    known.b.seen, known.b.changed_at = {"f": "ours, later"}, noon
    ahead = Arrival(
        "a", "1", {"f": "theirs, earlier"}, stamp=noon + timedelta(minutes=4), read_at=noon + timedelta(seconds=4), is_read=is_read, is_confirmed=True
    )
    assert merge.take(known, ahead, terms("newest")) == Taken.CHANGED and known.a.changed_at is None
    assert merge.plan(known, terms("newest")).clashes and not merge.plan(known, terms("newest")).writes
    within = Arrival("a", "1", {"f": "theirs, now"}, stamp=noon + timedelta(seconds=8), read_at=noon + timedelta(seconds=7), is_read=is_read, is_confirmed=True)
    assert merge.take(known, within, terms("newest")) == Taken.CHANGED
    assert writes(merge.plan(known, terms("newest"))) == {"b": "theirs, now"}


def test_union_keeps_what_was_added_and_drops_what_was_removed() -> None:
    found = plan(["k", "a"], ["k", "b", "gone"], ["k", "gone"], "union")
    assert writes(found) == {"a": ["k", "a", "b"], "b": ["k", "a", "b"]}


def test_a_union_is_agreed_when_both_have_it() -> None:
    """The first side has been written, the second not: it must not seem to have dropped what it was never told."""
    known = pair([1, 2], [1, 3], [1])
    merge.written(known, "a", Write("update", {"f": [1, 2, 3]}), Answer("1", {"f": [1, 2, 3]}, read_at=noon), terms("union"))
    assert writes(merge.plan(known, terms("union"))) == {"b": [1, 2, 3]}


def test_a_list_known_to_differ_is_merged_by_each_sides_own_changes() -> None:
    known = pair([80, 20], [20, 120], [], f=Apart([80, 20], [20], Why.ACCEPTED))
    assert writes(merge.plan(known, terms("union")))["a"] == [80, 20, 120], "nobody removed 80"


def test_before_any_agreement_an_empty_value_yields() -> None:
    assert writes(plan(None, "text")) == {"a": "text"}
    assert writes(plan("text", None)) == {"b": "text"}
    assert writes(plan("cleared before", None, "cleared before")) == {"a": None}, "clearing is a change like any other"


def test_a_one_way_field_belongs_to_its_source() -> None:
    assert writes(plan("a", "b", "b", directions={"f": "a_to_b"})) == {"b": "a"}
    assert writes(plan("a", "b", "a", directions={"f": "b_to_a"})) == {"a": "b"}


def test_a_one_way_source_that_never_had_a_value_wipes_nothing() -> None:
    assert plan(None, "theirs", directions={"f": "a_to_b"}).is_settled
    assert writes(plan(None, "theirs", "theirs", directions={"f": "a_to_b"})) == {"b": None}, "but what was agreed can be cleared"


# what a write came to ------------------------------------------------------------------------------------------------


def test_a_coerced_value_is_asked_about_and_never_set_back() -> None:
    known = pair("wide", "old", "old")
    merge.written(known, "b", Write("update", {"f": "wide"}), answered("wid"), terms())
    found = merge.plan(known, terms())
    assert not found.writes
    assert [(c.a, c.b, c.why) for c in found.clashes] == [("wide", "wid", Why.COERCED)]


def test_what_was_edited_while_a_write_was_under_way_is_still_sent() -> None:
    """The mark stands between what was sent and what came of it, not between what is there by now."""
    for outcome in ("coerced", "refused"):
        known = pair("edited since", "old", "old")
        if outcome == "coerced":
            merge.written(known, "b", Write("update", {"f": "sent"}), answered("sen"), terms())
        else:
            merge.refused(known, "b", Write("update", {"f": "sent"}), ["f"], ("", "no"))
        assert writes(merge.plan(known, terms())) == {"b": "edited since"}, outcome


def test_a_mark_lasts_until_what_it_leads_to_has_happened() -> None:
    """Planned twice before the write is carried out, the plan is the same."""
    known = pair("better", "wid", "old", f=Apart("wide", "wid", Why.COERCED))
    for _ in range(2):
        found = merge.plan(known, terms())
        known.base, known.apart = found.base, found.apart
        assert writes(found) == {"b": "better"}
        assert not found.clashes


def test_what_was_refused_was_never_known_over_there() -> None:
    """An edit over there does not overwrite the refused value: both sides have changed."""
    known = pair("refused", "edited", "old", f=Apart("refused", "old", Why.REFUSED))
    found = merge.plan(known, terms())
    assert not found.writes
    assert found.clashes[0].why == Why.DIFFER


def test_what_is_edited_beside_our_write_counts_as_a_change() -> None:
    known = Pair(Half("1", {"f": 1, "g": 1}), Half("2", {"f": 0, "g": 1}), base={"f": 0, "g": 1})
    merge.written(known, "b", Write("update", {"f": 1}), Answer("2", {"f": 1, "g": 7}, stamp=noon, read_at=noon), terms())
    assert known.b.changed_at == noon


def test_an_unreadable_answer_agrees_on_nothing() -> None:
    known = pair("ours", "old", "old")
    sent = Write("update", {"f": "ours", "g": 1})
    merge.written(known, "b", sent, Answer("2", {"g": 1}, problems=True, read_at=noon), terms())
    assert (known.b.parked, known.base) == (True, {"f": "old", "g": 1}), "only what came back as it was sent is agreed"
    assert merge.plan(known, terms()).standing == Standing.WAITS


def test_an_overwritten_value_is_asked_about_until_somebody_answers() -> None:
    known = pair("ours", "old", "old")
    merge.written(known, "b", Write("update", {"f": "ours"}), answered("ours", replaced={"f": "lost"}), terms())
    assert [(c.a, c.b) for c in merge.plan(known, terms()).clashes] == [("ours", "lost")]
    known.a.seen = {"f": "edited"}
    found = merge.plan(known, terms())
    assert ([(c.a, c.b) for c in found.clashes], writes(found)) == ([("edited", "lost")], {"b": "edited"})
    known.apart = found.apart
    merge.written(known, "b", Write("update", {"f": "edited"}), answered("edited"), terms())
    assert [(c.a, c.b) for c in merge.plan(known, terms()).clashes] == [("edited", "lost")], "a write of ours is no answer"
    merge.decide(known, "f", "b")
    assert writes(merge.plan(known, terms())) == {"a": "lost", "b": "lost"}


def test_an_unanswered_write_that_happened_is_no_edit() -> None:
    known = pair("edited since", "old", "old")
    assert merge.turned_out(known, "b", Write("update", {"f": "sent"}), answered("sent"), terms("b"))
    assert writes(merge.plan(known, terms("b"))) == {"b": "edited since"}


def test_what_stands_there_after_an_unanswered_write_is_no_coercion() -> None:
    """It may be a person's: the newest clock does not decide, and no write replaces it."""
    known = pair("sent", "old", "old")
    known.a.changed_at = noon
    assert not merge.turned_out(known, "b", Write("update", {"f": "sent"}), answered("a person's", stamp=noon + timedelta(hours=1)), terms("newest"))
    found = merge.plan(known, terms("newest"))
    assert (found.writes, found.clashes[0].why) == ({}, Why.DIFFER)


def test_a_refused_create_is_tried_again_when_it_is_edited_or_somebody_wants_it() -> None:
    known = pair("bad", "absent")
    merge.refused(known, "b", Write("create", {"f": "bad"}), [], ("", "no"))
    assert (merge.plan(known, terms()).writes, merge.plan(known, terms()).clashes[0].why) == ({}, Why.REFUSED)
    known.a.seen = {"f": "good"}
    assert writes(merge.plan(known, terms())) == {"b": "good"}
    known.a.seen = {"f": "bad"}
    merge.try_again(known)
    assert writes(merge.plan(known, terms())) == {"b": "bad"}


def test_a_circle_holds_until_a_person_lets_go() -> None:
    """In a ring the sides never stand still: what holds only while nothing moves holds nothing."""
    known = pair(1, 2, 1, **{merge.whole: Apart({"f": 1}, {"f": 1}, Why.CIRCLE)})
    assert (merge.plan(known, terms()).writes, merge.plan(known, terms()).clashes[0].why) == ({}, Why.CIRCLE)
    merge.try_again(known)
    assert writes(merge.plan(known, terms())) == {"a": 2}


def test_an_answer_counts_only_for_what_was_answered() -> None:
    known = pair("mine", "theirs", "old")
    merge.decide(known, "f", "value", "third")
    assert writes(merge.plan(known, terms())) == {"a": "third", "b": "third"}
    known.a.seen = {"f": "edited since"}
    assert (merge.plan(known, terms()).writes, len(merge.plan(known, terms()).clashes)) == ({}, 1)


@pytest.mark.parametrize("policy", ["a", "b", "newest"])
def test_what_a_person_has_turned_down_does_not_win_over_what_was_edited_since(policy: str) -> None:
    known = pair("mine", "theirs", "old")
    merge.decide(known, "f", "value", "third")
    known.a.seen = {"f": "edited since"}
    assert writes(merge.plan(known, terms(policy))) == {"b": "edited since"}


def test_a_mark_waits_with_a_field_that_is_not_mapped_for_a_while() -> None:
    known = pair("mine", "theirs", "old", f=Apart("mine", "theirs", Why.ACCEPTED))
    assert merge.plan(known, Terms(policies={"g": "a"})).apart == known.apart


def test_what_an_unanswered_write_may_have_changed_is_no_source() -> None:
    planned = {"b": Write("update", {"x": 1, "y": 2})}
    assert merge.keep_clear(planned, {}) == planned
    assert merge.keep_clear(planned, {"b": Write("update", {"x": 9})}) == planned  # its own answer plans again
    assert merge.keep_clear(planned, {"a": Write("update", {"x": 9})}) == {"b": Write("update", {"y": 2})}
    assert merge.keep_clear(planned, {"a": Write("update", {"x": 9, "y": 9})}) == {}
    assert merge.keep_clear(planned, {"a": Write("delete", {})}) == {}
    assert merge.keep_clear({"b": Write("delete", {})}, {"a": Write("update", {"z": 9})}) == {}


# deletes -------------------------------------------------------------------------------------------------------------


def test_deletes_never_take_an_edit_with_them() -> None:
    assert plan("old", "deleted", "old", on_delete="propagate").writes == {"a": Write("delete", {})}
    assert plan("edited", "deleted", "old", on_delete="propagate").clashes
    assert plan("old", "deleted", "old", on_delete="ask").clashes
    assert plan("deleted", "deleted", "old").standing == Standing.UNLINKED


def test_a_value_that_was_never_agreed_is_an_edit() -> None:
    known = Pair(Half("1", {"f": "old", "new field": "typed"}), Half("2", gone=True), base={"f": "old"})
    found = merge.plan(known, Terms(policies={"f": "ask", "new field": "ask"}, on_delete="propagate"))
    assert (found.writes, len(found.clashes)) == ({}, 1)


@pytest.mark.parametrize(("choice", "told"), [("a", {"b": "create"}), ("b", {"a": "delete"}), ("accept", {})])
def test_every_answer_to_a_delete_does_what_it_says(choice: str, told: dict[str, str]) -> None:
    known = pair("kept", "deleted", "old")
    merge.decide(known, merge.whole, choice)
    found = merge.plan(known, terms())
    assert {side: write.action for side, write in found.writes.items()} == told
    assert not found.clashes


def test_what_is_made_anew_keeps_the_old_key_until_it_has_its_own() -> None:
    """What still comes of the deleted record must not begin a pair of its own."""
    known = pair("kept", "deleted", "old")
    merge.decide(known, merge.whole, "a")
    assert merge.take(known, Arrival("b", "2", {"f": "old"}, read_at=noon), terms()) == Taken.LOOK_UP
    merge.refused(known, "b", Write("create", {"f": "kept"}), [], ("", "no"))
    assert merge.plan(known, terms()).clashes[0].why == Why.REFUSED
    merge.try_again(known)
    merge.written(known, "b", Write("create", {"f": "kept"}), Answer("9", {"f": "kept"}, read_at=noon), terms())
    assert (known.b.key, known.b.gone, merge.plan(known, terms()).base) == ("9", False, {"f": "kept"})


def test_who_left_the_filter_can_be_answered_too() -> None:
    away = terms(on_leave="delete")
    known = pair("out", "in", "old")
    known.a.left = True
    assert merge.plan(known, away).clashes[0].field == merge.whole
    merge.decide(known, merge.whole, "a")
    assert merge.plan(known, away).writes == {"b": Write("delete", {})}
    known.apart = {}
    merge.decide(known, merge.whole, "b")
    assert merge.plan(known, away).is_settled, "it is elsewhere and cannot be made anew: both stay"


def test_outside_is_a_fact_and_what_follows_from_it_are_terms() -> None:
    known = pair("old", "old", "old")
    merge.take(known, Arrival("a", "1", {"f": "edited"}, outside=True, read_at=noon), terms(on_leave="unlink"))
    assert merge.plan(known, terms(on_leave="unlink")).standing == Standing.UNLINKED
    assert writes(merge.plan(known, terms(on_leave="keep"))) == {"b": "edited"}
    known.a.gone = True
    assert merge.plan(known, terms(on_leave="unlink", on_delete="propagate")).is_settled, "deleted after it was unlinked: nobody's business"


# what is believed ----------------------------------------------------------------------------------------------------


def known_of(**half: Any) -> Pair:
    """A pair whose side A was read at noon."""
    return Pair(a=Half("1", {"f": "known"}, read_at=noon, **half), b=Half("2", {"f": "known"}), base={"f": "known"})


def test_a_reading_begun_before_what_is_known_is_outdated() -> None:
    old = Arrival("a", "1", {"f": "old"}, read_at=noon - timedelta(seconds=1))
    assert merge.take(known_of(), old, terms()) == Taken.OUTDATED
    same = Arrival("a", "1", {"f": "other"}, read_at=noon)
    assert merge.take(known_of(), same, terms()) == Taken.LOOK_UP, "of one moment: nobody knows which was first"


def test_what_is_told_does_not_make_a_reading_outdated() -> None:
    known = known_of(sequence=1)
    told = Arrival("a", "1", {"f": "second"}, sequence=2, read_at=noon + timedelta(minutes=9), is_read=False)
    assert merge.take(known, told, terms()) == Taken.CHANGED
    read = Arrival("a", "1", {"f": "third"}, sequence=3, read_at=noon + timedelta(minutes=1))
    assert merge.take(known, read, terms()) == Taken.CHANGED


def test_what_is_told_without_a_number_is_looked_up() -> None:
    """A clock that was fast for a while stamps old states with later times."""
    told = Arrival("a", "1", {"f": "old"}, stamp=noon + timedelta(minutes=5), is_read=False)
    assert merge.take(known_of(stamp=noon), told, terms()) == Taken.LOOK_UP


def test_a_deleted_record_is_back_only_when_it_was_looked_up() -> None:
    known = known_of(sequence=4, gone=True)
    echo = Arrival("a", "1", {"f": "known"}, sequence=4, is_read=False)
    assert merge.take(known, echo, terms()) == Taken.LOOK_UP
    assert known.a.gone


def test_no_tombstone_is_believed_unconfirmed() -> None:
    known = known_of()
    assert merge.take(known, Arrival("a", "1", gone=True, read_at=noon + timedelta(1)), terms()) == Taken.LOOK_UP
    assert merge.take(known, Arrival("a", "1", gone=True, is_confirmed=True), terms()) == Taken.CHANGED
    assert known.a.gone


# values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "equal"),
    [
        ("decimal", (1, 1.0, "1.00", "1")),
        ("text", ("a\r\nb", "a\nb")),
        ("string", (None, "")),
        ("integer", (3, "3", "3.0")),
        ("datetime", ("2026-11-21T09:00:00+08:00", "2026-11-21T01:00:00+00:00")),
    ],
)
def test_equal_values_have_one_form(kind: str, equal: tuple[Any, ...]) -> None:
    assert len({repr(merge.normalise(v, kind)) for v in equal}) == 1


def test_what_is_no_number_stays_as_it_is() -> None:
    assert merge.normalise("normal", "integer") == "normal"
