"""Where the headings of a sheet are, headings of two rows as one, and merged cells filled."""

from __future__ import annotations

from openpyxl.utils import get_column_letter

from jingwei.kernels.sheets.table import Grid

looked_at = 30  # rows from the top among which the headings are


def words_of(header: str) -> tuple[str, ...]:
    """By which words a heading may be known: as a whole, without its spaces, its last part, its first."""
    parts = header.lower().split(" ")
    return tuple(dict.fromkeys((" ".join(parts), "".join(parts), parts[-1], parts[0])))


def found(grid: Grid, known: frozenset[str]) -> int:
    """The place of the row of headings: the one with most words one knows, else the first that is as full as the fullest and holds no numbers."""
    rows = [row for row in range(min(looked_at, len(grid.cells))) if any(cell.strip() for cell in grid.cells[row]) and not _is_below(grid, row)]
    if not rows:
        return 0
    hits = {row: sum(any(word in known for word in words_of(each)) for each in joined(grid, row, rows_of(grid, row)) if each) for row in rows}
    best = max(rows, key=lambda row: hits[row])
    if hits[best] > 1 or hits[rows[0]]:
        return best if hits[best] > hits[rows[0]] else rows[0]
    filled = {row: sum(bool(cell.strip()) for cell in grid.cells[row]) for row in rows}
    widest = max(filled.values())
    return next((row for row in rows if filled[row] >= 0.6 * widest and not any(_is_number(cell) for cell in grid.cells[row])), rows[0])


def _is_below(grid: Grid, row: int) -> bool:
    return any(first < row <= last for first, last, _left, _right in grid.merged)


def _is_number(text: str) -> bool:
    return text.strip()[:1].isdigit()


def rows_of(grid: Grid, row: int) -> int:
    """How many rows the headings take, as their merged cells say: one or two."""
    tall = any(first == row and last == row + 1 for first, last, _left, _right in grid.merged)
    wide = any(first == last == row and right > left for first, last, left, right in grid.merged)
    below = row + 1 < len(grid.cells) and not any(_is_number(cell) for cell in grid.cells[row + 1])
    filled = sum(bool(cell.strip()) for cell in grid.cells[row])
    return 2 if row + 1 < len(grid.cells) and (tall or (wide and below and filled > 1)) else 1


def joined(grid: Grid, row: int, count: int) -> list[str]:
    """The headings as one row; a merged one stands over all its columns."""
    lines = [list(line) for line in grid.cells[row : row + count]]
    for first, last, left, right in grid.merged:
        if not lines or first < row or first >= row + count:
            continue
        for below in range(first, min(last + 1, row + count)):
            for column in range(left, min(right + 1, len(lines[0]))):
                lines[below - row][column] = lines[first - row][left]
    columns = zip(*lines, strict=True)
    return [" ".join(dict.fromkeys(text for cell in column if (text := " ".join(cell.split())))) for column in columns]


def named(headers: list[str], is_used: list[bool]) -> tuple[str, ...]:
    """Headings that are one each: a second of the same name is counted, a column without one goes by its letter when there is something in it."""
    seen: dict[str, int] = {}
    out = []
    for place, each in enumerate(headers):
        name = each or (f"({get_column_letter(place + 1)})" if is_used[place] else "")
        seen[name] = seen.get(name, 0) + 1
        out.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return tuple(out)


def fill_down(grid: Grid, begin: int) -> None:
    """What was merged over rows below the headings stands in each of them."""
    for first, last, left, _right in grid.merged:
        if first < begin or last == first or left >= len(grid.cells[0]):
            continue
        for row in range(first + 1, min(last + 1, len(grid.cells))):
            if not grid.cells[row][left]:
                grid.cells[row][left] = grid.cells[first][left]
                if (problem := grid.problems.get((first, left))) is not None:
                    grid.problems[row, left] = problem
