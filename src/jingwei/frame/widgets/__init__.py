"""Widgets: small answers of every room, laid out on homes as each role needs them and each person likes them."""

from jingwei.frame.widgets.arranging import arrange, laid_out, offered
from jingwei.frame.widgets.desk import Answer, Desk, Point, Row, cut
from jingwei.frame.widgets.rows import of_rows, of_watches, where
from jingwei.frame.widgets.widget import Widget

__all__ = ["Answer", "Desk", "Point", "Row", "Widget", "arrange", "cut", "laid_out", "of_rows", "of_watches", "offered", "where"]
