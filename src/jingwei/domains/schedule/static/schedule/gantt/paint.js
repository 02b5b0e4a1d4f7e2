/** The timeline picture: what one frame of the canvas shows. Reads the Gantt, changes nothing. */
import { DAY } from "./calendar.js";
import { paintBars, paintDrag } from "./bars.js";
import { Geometry, HEAD, ROW } from "./geometry.js";

const COLOURS = [
  "bg", "fg", "muted", "line", "line-strong", "rest", "head", "bar", "bar-soft", "critical", "critical-soft", "summary", "milestone", "baseline", "link", "float",
  "today", "data-date", "deadline", "endangered", "accent", "hover", "selected", "down", "degraded", "on-colour", "ghost",
];

/** The colours in force, from the custom properties --gantt-… of the host. */
export function readColours(host) {
  const style = getComputedStyle(host);
  const colours = {};
  for (const name of COLOURS) {
    colours[name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())] = style.getPropertyValue(`--gantt-${name}`).trim() || "#888888";
  }
  colours.font = style.getPropertyValue("font-family") || "sans-serif";
  return colours;
}

export class Painter {
  constructor(g, canvas) {
    this.g = g;
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
  }

  resize(width, height) {
    const density = window.devicePixelRatio || 1;
    if (this.width === width && this.height === height && this.density === density) return;
    Object.assign(this, { width, height, density });
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  draw() {
    const { g, context } = this;
    const { colours } = g;
    const geometry = new Geometry(g);
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.fillStyle = colours.bg;
    context.fillRect(0, 0, geometry.width, geometry.height);
    context.textBaseline = "middle";
    const ticks = g.scale.ticks(geometry.left, geometry.left + geometry.width);
    this.ground(geometry, ticks);
    if (g.options.links) g.connectors.draw(context, colours, geometry);
    else g.connectors.drawn = [];
    paintBars(g, context, geometry);
    if (g.drag) paintDrag(g, context, geometry);
    this.header(geometry, ticks);
  }

  /** Rest days, row lines, the selected row, and the lines of today and the data date. */
  ground(geometry, ticks) {
    const { g, context } = this;
    const { colours, scale } = g;
    this.rest(geometry);
    for (const [task, colour] of [[g.hoveredTask, colours.hover], [g.plan.tasks.get(g.selectedId), colours.selected]]) {
      if (!task || task.row < geometry.firstRow || task.row > geometry.lastRow) continue;
      context.fillStyle = colour;
      context.fillRect(0, geometry.y(task.row), geometry.width, ROW - 1);
    }
    context.fillStyle = colours.line;
    for (let row = geometry.firstRow; row <= geometry.lastRow; row++) context.fillRect(0, Math.round(geometry.y(row + 1)) - 1, geometry.width, 1);
    for (const tick of ticks.lower) context.fillRect(Math.round(tick.x - geometry.left), HEAD, 1, geometry.height - HEAD);
    if (scale.level === "week" && scale.dayWidth < 9) return;
    context.fillStyle = colours.lineStrong;
    for (const tick of ticks.upper) context.fillRect(Math.round(tick.x - geometry.left), HEAD, 1, geometry.height - HEAD);
    this.marker(geometry, g.plan.today, colours.today, []);
    this.marker(geometry, g.plan.dataDate, colours.dataDate, [5, 4]);
  }

  rest(geometry) {
    const { g, context } = this;
    const { scale, plan } = g;
    if (scale.dayWidth < 2.2) return;
    context.fillStyle = g.colours.rest;
    const first = Math.floor(geometry.left / scale.dayWidth + scale.originDay);
    const last = Math.ceil((geometry.left + geometry.width) / scale.dayWidth + scale.originDay);
    for (let day = first; day <= last; day++) {
      if (scale.level === "hour") this.restHours(geometry, day);
      else if (!plan.calendar.isWorkingDay(day)) context.fillRect(scale.dayX(day) - geometry.left, HEAD, scale.dayWidth + 0.5, geometry.height - HEAD);
    }
  }

  restHours(geometry, day) {
    let from = 0;
    for (const [start, end] of [...this.g.plan.calendar.shiftsOf(day), [DAY, DAY]]) {
      const [x1, x2] = [geometry.x(day * DAY + from), geometry.x(day * DAY + start)];
      if (x2 > x1) this.context.fillRect(x1, HEAD, x2 - x1, geometry.height - HEAD);
      from = end;
    }
  }

  marker(geometry, minute, colour, dash) {
    if (minute === null) return;
    const x = Math.round(geometry.x(minute)) + 0.5;
    if (x < -2 || x > geometry.width + 2) return;
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x, HEAD);
    context.lineTo(x, geometry.height);
    context.stroke();
    context.setLineDash([]);
  }

  header(geometry, ticks) {
    const { g, context } = this;
    const { colours } = g;
    const half = HEAD / 2;
    context.fillStyle = colours.head;
    context.fillRect(0, 0, geometry.width, HEAD);
    context.font = `600 12px ${colours.font}`;
    for (const tick of ticks.upper) this.cell(geometry, tick, 0, half, colours.fg);
    context.font = `11px ${colours.font}`;
    for (const tick of ticks.lower) this.cell(geometry, tick, half, half, tick.isRest ? colours.muted : colours.fg);
    context.fillStyle = colours.lineStrong;
    context.fillRect(0, half, geometry.width, 1);
    context.fillRect(0, HEAD - 1, geometry.width, 1);
    this.pill(geometry, g.plan.dataDate, g.t("data_date"), colours.dataDate, 4);
    this.pill(geometry, g.plan.today, g.t("today"), colours.today, half + 4);
    if (g.drag?.at !== undefined && g.drag.at !== null) this.pill(geometry, g.drag.at, g.scale.write(g.drag.at, g.scale.level === "hour"), colours.accent, half + 4);
  }

  cell(geometry, tick, y, height, colour) {
    const { context } = this;
    const { colours } = this.g;
    const x = tick.x - geometry.left;
    if (x + tick.width < 0 || x > geometry.width) return;
    context.fillStyle = colours.lineStrong;
    context.fillRect(Math.round(x), y, 1, height);
    context.fillStyle = colour;
    const width = context.measureText(tick.label).width;
    if (width + 6 > tick.width && tick.width < 400) {
      if (width > tick.width) return;
      context.fillText(tick.label, x + (tick.width - width) / 2, y + height / 2 + 1);
      return;
    }
    // a long cell keeps its label in sight
    const at = tick.isCentred ? x + (tick.width - width) / 2 : Math.max(x + 6, Math.min(6, x + tick.width - width - 6));
    context.fillText(tick.label, at, y + height / 2 + 1);
  }

  pill(geometry, minute, label, colour, y) {
    if (minute === null) return;
    const { context } = this;
    const { colours } = this.g;
    const x = geometry.x(minute);
    context.font = `600 11px ${colours.font}`;
    const width = context.measureText(label).width + 12;
    if (x < -width / 2 || x > geometry.width + width / 2) return;
    const at = Math.min(Math.max(x - width / 2, 2), geometry.width - width - 2);
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(at, y, width, 18, 9);
    context.fill();
    context.fillStyle = colours.onColour;
    context.fillText(label, at + 6, y + 9.5);
  }
}

