"""Documents about a project or a row of it: declared once, made as DOCX and PDF, kept in versions."""

from jingwei.frame.documents.declaration import Asked, Authored, Column, Document, Facts, TableOf
from jingwei.frame.documents.registers import Told, by_state, register, rows_of

__all__ = ["Asked", "Authored", "Column", "Document", "Facts", "TableOf", "Told", "by_state", "register", "rows_of"]
