"""A list in other shapes: board, matrix, month, timeline and chart, each declared beside its resource and answered from the list's own rows."""

from jingwei.frame.views.board import Board
from jingwei.frame.views.chart import Chart
from jingwei.frame.views.matrix import Axis, Grade, Matrix
from jingwei.frame.views.month import Month
from jingwei.frame.views.timeline import Timeline
from jingwei.frame.views.view import Unanswerable, View

__all__ = ["Axis", "Board", "Chart", "Grade", "Matrix", "Month", "Timeline", "Unanswerable", "View"]
