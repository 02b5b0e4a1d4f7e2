"""All that a domain declares with, from one place; what each is and does is told where it is defined."""

from jingwei.frame.declare.papers import paper
from jingwei.frame.documents import Asked, Authored, Column, Document, Facts, TableOf, Told, by_state, register, rows_of
from jingwei.frame.lives.approval import Approval, Stage
from jingwei.frame.lives.eyes import Authors
from jingwei.frame.lives.lifecycle import Everything, Lifecycle, Step
from jingwei.frame.records.partial import part
from jingwei.frame.records.report import Report, Survey, plain, rows_report
from jingwei.frame.records.resource import Resource, carried_kinds
from jingwei.frame.records.totals import in_order, totals
from jingwei.frame.records.verbs import Children, Verb
from jingwei.frame.telling.overdue import overdue
from jingwei.frame.telling.watches import Watch
from jingwei.frame.traces import Trace
from jingwei.frame.views import Axis, Board, Chart, Grade, Matrix, Month, Timeline
from jingwei.frame.widgets import Answer, Desk, Widget, of_rows, where

__all__ = [
    "Answer", "Approval", "Asked", "Authored", "Authors", "Axis", "Board", "Chart", "Children", "Column", "Desk", "Document", "Everything", "Facts",
    "Grade", "Lifecycle", "Matrix", "Month", "Report", "Resource", "Stage", "Step", "Survey", "TableOf", "Timeline", "Told", "Trace", "Verb", "Watch", "Widget",
    "by_state", "carried_kinds", "in_order", "of_rows", "overdue", "paper", "part", "plain", "register", "rows_of", "rows_report", "totals", "where",
]  # fmt: skip
