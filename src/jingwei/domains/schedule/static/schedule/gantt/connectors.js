/** The lines between bars: their route for each of the four link types, their drawing, and which one lies under the pointer. */
import { BAR, ROW } from "./geometry.js";

const STUB = 9;
const CORNER = 4;

/** Corner points of a link's line; the last two give the direction of the arrow. */
export function route(type, from, to, isMilestone) {
  const leavesRight = type === "FS" || type === "FF";
  const entersRight = type === "FS" || type === "SS"; // the arrow travels to the right, into a start
  const [x1, y1] = [leavesRight ? from.x2 : from.x1, from.middle];
  const [x2, y2] = [entersRight ? to.x1 : to.x2, to.middle];
  const below = to.middle > from.middle ? 1 : -1;
  if (type === "FS") {
    const over = isMilestone ? to.centre : Math.min(x2 + 7, to.centre);
    if (over >= x1 - 1 && to.middle !== from.middle) {
      const down = Math.max(over, Math.min(x1 + 5, to.x2 - 2));
      return [[x1, y1], [down, y1], [down, to.middle - below * (BAR / 2 + 1)]];
    }
  }
  if (type === "SS" || type === "FF") {
    const side = type === "SS" ? Math.min(x1, x2) - STUB : Math.max(x1, x2) + STUB;
    return [[x1, y1], [side, y1], [side, y2], [x2, y2]];
  }
  const out = x1 + (leavesRight ? STUB : -STUB);
  const into = x2 + (entersRight ? -STUB - 2 : STUB + 2);
  if ((into - out) * (leavesRight ? 1 : -1) >= 0) return [[x1, y1], [into, y1], [into, y2], [x2, y2]];
  const between = y2 - below * (ROW / 2);
  return [[x1, y1], [out, y1], [out, between], [into, between], [into, y2], [x2, y2]];
}

function trace(context, points) {
  context.moveTo(points[0][0], points[0][1]);
  for (let k = 1; k < points.length - 1; k++) {
    const [before, here, after] = [points[k - 1], points[k], points[k + 1]];
    const reach = Math.min(CORNER, distance(before, here) / 2, distance(here, after) / 2);
    context.arcTo(here[0], here[1], after[0], after[1], reach);
  }
  const last = points[points.length - 1];
  context.lineTo(last[0], last[1]);
}

const distance = (one, other) => Math.abs(one[0] - other[0]) + Math.abs(one[1] - other[1]);

function arrow(context, points) {
  const [from, to] = points.slice(-2);
  const [dx, dy] = [Math.sign(to[0] - from[0]), Math.sign(to[1] - from[1])];
  const [bx, by] = [to[0] - dx * 6, to[1] - dy * 6];
  context.moveTo(to[0], to[1]);
  context.lineTo(bx + dy * 3.6, by + dx * 3.6);
  context.lineTo(bx - dy * 3.6, by - dx * 3.6);
  context.closePath();
}

export class Connectors {
  constructor(g) {
    this.g = g;
    this.drawn = [];
  }

  /** Draw every link that touches the screen; what is drawn is remembered for `at`. */
  draw(context, colours, geometry) {
    const { plan, options, selectedId, hoveredLink, selectedLink } = this.g;
    this.drawn = [];
    const layers = { plain: [], critical: [], lit: [] };
    for (const link of plan.linksAcross(geometry.firstRow, geometry.lastRow)) {
      const [one, other] = [plan.tasks.get(link.from), plan.tasks.get(link.to)];
      const [from, to] = [geometry.bar(one), geometry.bar(other)];
      if (!from || !to || Math.max(from.x2, to.x2) < -40 || Math.min(from.x1, to.x1) > geometry.width + 40) continue;
      const points = route(link.type, from, to, other.is_milestone);
      this.drawn.push({ link, points });
      const isLit = link.id === hoveredLink || link.id === selectedLink || link.from === selectedId || link.to === selectedId;
      layers[isLit ? "lit" : options.critical && one.is_critical && other.is_critical ? "critical" : "plain"].push(points);
    }
    this.stroke(context, layers.plain, colours.link, 1.2);
    this.stroke(context, layers.critical, colours.critical, 1.4);
    this.stroke(context, layers.lit, colours.accent, 1.8);
  }

  stroke(context, routes, colour, width) {
    if (!routes.length) return;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const points of routes) trace(context, points);
    context.stroke();
    context.beginPath();
    for (const points of routes) arrow(context, points);
    context.fill();
  }

  /** The link whose line runs within 4 px of a point. */
  at(x, y) {
    for (const { link, points } of this.drawn) {
      for (let k = 1; k < points.length; k++) {
        const [[x1, y1], [x2, y2]] = [points[k - 1], points[k]];
        const isNear = x >= Math.min(x1, x2) - 4 && x <= Math.max(x1, x2) + 4 && y >= Math.min(y1, y2) - 4 && y <= Math.max(y1, y2) + 4;
        if (isNear) return link;
      }
    }
    return null;
  }
}
