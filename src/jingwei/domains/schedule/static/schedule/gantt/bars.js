/** The bars: tasks with progress, summaries, milestones, baselines, float, deadlines, outages, labels, and what a drag shows. */
import { BAR, HANDLE } from "./geometry.js";

/** Draw every visible row. */
export function paintBars(g, context, geometry) {
  context.font = `12px ${g.colours.font}`;
  for (let row = geometry.firstRow; row <= geometry.lastRow; row++) {
    const task = g.plan.rows[row];
    const at = g.shown(task);
    const bar = geometry.bar(task, at);
    if (!bar) continue;
    const isMoved = at !== task && !g.compare.place(task);
    if (isMoved) paintOldPlace(g, context, geometry.bar(task, task));
    if (g.options.baseline && task.baselineStart !== null) paintBaseline(g, context, geometry, task, bar);
    if (g.options.float && !isMoved && task.total_float_minutes > 0 && !task.is_summary) paintFloat(g, context, geometry, task, bar);
    if (task.deadline !== null && task.is_milestone) paintDeadline(g, context, geometry, task); // behind its diamond
    if (bar.x2 > -500 && bar.x1 < geometry.width + 20) {
      if (task.is_summary) paintSummary(g, context, task, bar);
      else if (task.is_milestone) paintMilestone(g, context, task, bar);
      else paintTask(g, context, task, bar);
      if (isMoved) paintOutline(g, context, task, bar);
      paintLabel(g, context, geometry, task, bar);
    }
    if (task.deadline !== null && !task.is_milestone) paintDeadline(g, context, geometry, task);
  }
  if (g.hoveredTask && g.canEdit && !g.drag) paintHandles(g, context, geometry);
}

const isHot = (g, task) => g.options.critical && task.is_critical;

function paintTask(g, context, task, bar) {
  const { colours } = g;
  const [strong, soft] = isHot(g, task) ? [colours.critical, colours.criticalSoft] : [colours.bar, colours.barSoft];
  const width = bar.x2 - bar.x1;
  const radius = Math.min(4, width / 2);
  context.fillStyle = soft;
  context.beginPath();
  context.roundRect(bar.x1, bar.y, width, BAR, radius);
  context.fill();
  if (task.percent > 0) {
    const done = (width * Math.min(100, task.percent)) / 100;
    context.fillStyle = strong;
    context.beginPath();
    context.roundRect(bar.x1, bar.y, done, BAR, task.percent >= 100 ? radius : [radius, 0, 0, radius]);
    context.fill();
  }
  if (width < 3) return;
  context.strokeStyle = strong;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(bar.x1 + 0.5, bar.y + 0.5, width - 1, BAR - 1, radius);
  context.stroke();
}

function paintSummary(g, context, task, bar) {
  const { colours } = g;
  const [top, thick, drop] = [bar.y + 2, 6, 7];
  const tip = Math.min(7, (bar.x2 - bar.x1) / 2);
  context.fillStyle = isHot(g, task) ? colours.critical : colours.summary;
  context.beginPath();
  context.moveTo(bar.x1, top);
  context.lineTo(bar.x2, top);
  context.lineTo(bar.x2, top + thick + drop);
  context.lineTo(bar.x2 - tip, top + thick);
  context.lineTo(bar.x1 + tip, top + thick);
  context.lineTo(bar.x1, top + thick + drop);
  context.closePath();
  context.fill();
}

function paintMilestone(g, context, task, bar) {
  const { colours } = g;
  context.fillStyle = isHot(g, task) ? colours.critical : colours.milestone;
  context.beginPath();
  context.moveTo(bar.centre, bar.middle - 8);
  context.lineTo(bar.centre + 8, bar.middle);
  context.lineTo(bar.centre, bar.middle + 8);
  context.lineTo(bar.centre - 8, bar.middle);
  context.closePath();
  context.fill();
}

function paintBaseline(g, context, geometry, task, bar) {
  const { colours } = g;
  const x1 = geometry.x(task.baselineStart);
  const y = bar.y + BAR + 3;
  context.fillStyle = colours.baseline;
  if (task.is_milestone) {
    context.beginPath();
    context.moveTo(x1, y - 2);
    context.lineTo(x1 + 4, y + 2);
    context.lineTo(x1, y + 6);
    context.lineTo(x1 - 4, y + 2);
    context.fill();
    return;
  }
  const width = Math.max(2, geometry.x(task.baselineFinish ?? task.baselineStart) - x1);
  context.beginPath();
  context.roundRect(x1, y, width, 4, 2);
  context.fill();
}

function paintFloat(g, context, geometry, task, bar) {
  const { calendar } = g.plan;
  const end = geometry.x(calendar.wallFinish(calendar.workAt(task.finish) + task.total_float_minutes));
  if (end - bar.x2 < 2) return;
  context.strokeStyle = g.colours.float;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(bar.x2, bar.middle + 0.5);
  context.lineTo(end, bar.middle + 0.5);
  context.moveTo(end, bar.middle - 4);
  context.lineTo(end, bar.middle + 5);
  context.stroke();
}

function paintDeadline(g, context, geometry, task) {
  const { colours } = g;
  const x = geometry.x(task.deadline);
  if (x < -10 || x > geometry.width + 10) return;
  const top = geometry.y(task.row) + geometry.barTop - 1;
  const isLate = g.isEndangered(task);
  context.fillStyle = isLate ? colours.endangered : colours.deadline;
  context.beginPath();
  context.rect(x - 1.25, top, 2.5, 10);
  context.moveTo(x - 5.5, top + 9);
  context.lineTo(x + 5.5, top + 9);
  context.lineTo(x, top + 17);
  context.fill();
}

/** The name beside its bar; inside, when the bar runs out of the picture. */
function paintLabel(g, context, geometry, task, bar) {
  const { colours } = g;
  let x = bar.x2 + (task.is_milestone ? 6 : 8);
  if (task.id === g.hoveredTask?.id && g.canEdit && !task.is_summary) x += 12;
  const isOutside = x > geometry.width - 24;
  if (isOutside && (bar.x1 > geometry.width - 60 || task.is_summary || task.is_milestone)) return;
  if (isOutside) x = Math.max(bar.x1, 0) + 8;
  if (x < -500) return;
  if (task.interface && task.interface.state !== "ok") {
    paintOutage(g, context, task.interface.state, x, bar.middle);
    x += 21;
  }
  if (task.deadline !== null) x = Math.max(x, passed(geometry.x(task.deadline), x));
  context.font = task.is_summary ? `600 12px ${colours.font}` : `12px ${colours.font}`;
  const width = context.measureText(task.name).width;
  const ground = task.id === g.selectedId ? colours.selected : task === g.hoveredTask ? colours.hover : colours.bg;
  if (isOutside) {
    context.fillStyle = colours.bg;
    context.globalAlpha = 0.88;
    context.beginPath();
    context.roundRect(x - 4, bar.y + 1, width + 8, BAR - 2, 3);
    context.fill();
    context.globalAlpha = 1;
  }
  write(context, task.name, x, bar.middle + 0.5, g.isEndangered(task) ? colours.endangered : colours.fg, !isOutside && ground);
  if (!task.assignee || isOutside || task.is_summary) return;
  context.font = `11px ${colours.font}`;
  write(context, task.assignee, x + width + 8, bar.middle + 0.5, colours.muted, ground);
}

/** Text with a halo, so that lines may run behind it. */
function write(context, text, x, y, colour, halo) {
  if (halo) {
    context.strokeStyle = halo;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(text, x, y);
  }
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Where a label begins that a deadline arrow would cross. */
const passed = (deadlineX, x) => (deadlineX > x - 10 && deadlineX < x + 60 ? deadlineX + 10 : x);

function paintOutage(g, context, state, x, middle) {
  const { colours } = g;
  context.fillStyle = state === "down" ? colours.down : colours.degraded;
  context.beginPath();
  context.roundRect(x, middle - 8, 16, 16, 5);
  context.fill();
  context.fillStyle = colours.onColour; // a bolt
  context.beginPath();
  context.moveTo(x + 9.5, middle - 6);
  context.lineTo(x + 4, middle + 1);
  context.lineTo(x + 7.5, middle + 1);
  context.lineTo(x + 6.5, middle + 6);
  context.lineTo(x + 12, middle - 1.5);
  context.lineTo(x + 8.5, middle - 1.5);
  context.closePath();
  context.fill();
}

function paintOldPlace(g, context, bar) {
  if (!bar) return;
  context.strokeStyle = g.colours.ghost;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.strokeRect(Math.round(bar.x1) + 0.5, bar.y + 2.5, Math.max(2, Math.round(bar.x2 - bar.x1) - 1), BAR - 5);
  context.setLineDash([]);
}

function paintOutline(g, context, task, bar) {
  if (task.is_summary) return;
  context.strokeStyle = g.colours.accent;
  context.lineWidth = 2;
  context.beginPath();
  if (task.is_milestone) {
    context.arc(bar.centre, bar.middle, 11, 0, Math.PI * 2);
  } else context.roundRect(bar.x1 - 1, bar.y - 1, bar.x2 - bar.x1 + 2, BAR + 2, 5);
  context.stroke();
}

function circle(context, x, y, radius, fill, stroke) {
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke();
}

/** The round handles from which a link is drawn, and the grips of the edges. */
function paintHandles(g, context, geometry) {
  const task = g.hoveredTask;
  const bar = !task.is_summary && geometry.bar(task);
  if (!bar) return;
  const { colours } = g;
  circle(context, bar.x2 + HANDLE, bar.middle, 4.5, colours.bg, colours.accent);
  circle(context, bar.x1 - HANDLE, bar.middle, 4.5, colours.bg, colours.accent);
  if (task.is_milestone || bar.x2 - bar.x1 < 18) return;
  context.fillStyle = colours.fg;
  context.globalAlpha = 0.55;
  for (const x of [bar.x1 + 3, bar.x2 - 4.5]) context.fillRect(x, bar.y + 4, 1.5, BAR - 8);
  context.globalAlpha = 1;
}

/** While a link is drawn: the line to the pointer and the bar it would join. */
export function paintDrag(g, context, geometry) {
  const { drag, colours } = g;
  if (drag.kind !== "link") return;
  const from = geometry.bar(drag.task);
  if (!from) return;
  const x1 = drag.fromEnd ? from.x2 + HANDLE : from.x1 - HANDLE;
  context.strokeStyle = drag.isRefused ? colours.endangered : colours.accent;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(x1, from.middle);
  context.lineTo(drag.x, drag.y);
  context.stroke();
  context.setLineDash([]);
  circle(context, drag.x, drag.y, 4.5, context.strokeStyle, context.strokeStyle);
  const to = drag.target && geometry.bar(drag.target);
  if (!to) return;
  context.beginPath();
  context.roundRect(to.x1 - 3, to.y - 3, to.x2 - to.x1 + 6, BAR + 6, 6);
  context.stroke();
  circle(context, drag.toStart ? to.x1 : to.x2, to.middle, 4, context.strokeStyle, colours.bg);
}

