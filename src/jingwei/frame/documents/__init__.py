"""Documents about a project or a row of it: declared once, made as DOCX and PDF, kept in versions."""

from jingwei.frame.documents.declaration import Asked, Authored, Column, Document, Facts, TableOf

__all__ = ["Asked", "Authored", "Column", "Document", "Facts", "TableOf"]
