/** Where things lie on screen: the one place that knows row height, bar height and how a task becomes a rectangle. */
export const ROW = 32;
export const HEAD = 52;
export const BAR = 16;
export const HANDLE = 11; // distance of a link handle from the end of its bar

/** Geometry of the visible part, made anew for every frame and every pointer event. */
export class Geometry {
  /** @param g the Gantt: plan, scale, options, shown(task), scroller */
  constructor(g) {
    this.g = g;
    this.left = g.scroller.scrollLeft;
    this.top = g.scroller.scrollTop;
    this.width = g.chartWidth;
    this.height = g.viewHeight;
    this.barTop = g.options.baseline && g.plan.project.baseline ? 5 : 8;
    this.firstRow = Math.max(0, Math.floor(this.top / ROW));
    this.lastRow = Math.min(g.plan.rows.length - 1, Math.ceil((this.top + this.height - HEAD) / ROW));
  }

  x(minute) {
    return this.g.scale.x(minute) - this.left;
  }

  y(row) {
    return HEAD + row * ROW - this.top;
  }

  minute(x) {
    return this.g.scale.minute(x + this.left);
  }

  rowAt(y) {
    return y < HEAD ? -1 : Math.floor((y - HEAD + this.top) / ROW);
  }

  /** {x1, x2, y, middle} of a task where it is shown now, null without dates. A milestone is as wide as its diamond. */
  bar(task, at = this.g.shown(task)) {
    if (at.start === null || at.finish === null || task.row < 0) return null;
    const y = this.y(task.row) + this.barTop;
    if (task.is_milestone) {
      const x = this.x(at.start);
      return { x1: x - 8, x2: x + 8, centre: x, y, middle: y + BAR / 2 };
    }
    const x1 = this.x(at.start);
    const x2 = Math.max(this.x(at.finish), x1 + 3);
    return { x1, x2, centre: (x1 + x2) / 2, y, middle: y + BAR / 2 };
  }
}
