"""XML of strangers, parsed with care: no entities, no document types, no endless nesting, bounded in size."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from jingwei.kernels.planfile.model import FileError

largest = 200_000_000
deepest = 100


class _Shallow(TreeBuilder):
    """Builds a tree and refuses to go deeper than schedules ever do."""

    depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self.depth += 1
        if self.depth > deepest:
            raise FileError(f"the XML is nested more than {deepest} elements deep: this is no schedule", f"XML 嵌套超过 {deepest} 层：不是计划文件")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Any:
        self.depth -= 1
        return super().end(tag)


def parse(content: bytes) -> Any:
    """The root element. Raises FileError: too large, too deep, entities or a document type, not well-formed."""
    if len(content) > largest:
        raise FileError(
            f"the file is larger than {largest // 1_000_000} MB; split it or remove timephased data",
            f"文件超过 {largest // 1_000_000} MB：请拆分或去掉时间分段数据",
        )
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        parser.feed(content)
        return parser.close()
    except DefusedXmlException as problem:
        raise FileError(
            "the file declares a document type or entities; save it again from the scheduling program", "文件声明了文档类型或实体：请在计划软件中重新保存"
        ) from problem
    except ParseError as problem:
        raise FileError(f"not well-formed XML: {problem}", f"XML 格式有误：{problem}") from problem
