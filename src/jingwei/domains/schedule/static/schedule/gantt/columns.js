/** The columns of the task table: width in pixels, what a cell says, and what typing into it changes. */
import { DAY, dayOf, parseMinute } from "./calendar.js";
import { readDuration, writeDuration } from "./strings.js";

const signed = (lag, text) => (lag ? ` ${lag > 0 ? "+" : "−"}${text}` : "");

/** Working minutes of a task where it is shown; of a summary, those between its ends. */
export function durationOf(g, task) {
  const at = g.shown(task);
  if (!task.is_summary) return at.duration ?? task.duration;
  if (at.start === null || at.finish === null) return 0;
  return g.plan.calendar.workAt(at.finish) - g.plan.calendar.workAt(at.start);
}

/** "1.2 FS +2 d; 1.4 SS" */
export function writePredecessors(g, task) {
  return (g.plan.incoming.get(task.id) || [])
    .map((link) => {
      const from = g.plan.tasks.get(link.from);
      return `${from.wbs || from.name} ${link.type}${signed(link.lag, writeDuration(g.t, Math.abs(link.lag), g.plan.calendar.minutesPerDay))}`;
    })
    .join("; ");
}

const isLeaf = (task) => !task.is_summary;

/** A date typed into a cell keeps the task's time of day. */
function readDate(text, task, g) {
  const match = /^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*$/.exec(text);
  if (!match) return null;
  const minute = parseMinute(`${match[1]}-${match[2].padStart(2, "0")}-${match[3].padStart(2, "0")}`);
  if (!Number.isFinite(minute)) return null;
  return minute + (task.start === null ? g.plan.calendar.open : task.start - dayOf(task.start) * DAY);
}

function readPercent(text) {
  const value = Number(text.replace("%", "").trim());
  return text.trim() !== "" && Number.isInteger(value) && value >= 0 && value <= 100 ? value : null;
}

/**
 * key → {width, text(task, g), edit?: {value(task, g), read(text, task, g) → value or null, change(value) → part of a change, can(task)}, isNumber}
 * `read` gives null for what it does not understand.
 */
export const COLUMNS = {
  wbs: { width: 62, text: (task) => task.wbs || "" },
  name: {
    width: 230,
    text: (task) => task.name,
    edit: { value: (task) => task.name, read: (text) => text.trim() || null, change: (name) => ({ name }), can: () => true },
  },
  start_slip: { width: 84, isNumber: true, text: (task, g) => g.compare.write(g.compare.change(task, "start")) },
  finish_slip: { width: 84, isNumber: true, text: (task, g) => g.compare.write(g.compare.change(task, "finish")) },
  start: {
    width: 96,
    text: (task, g) => g.scale.write(g.shown(task).start),
    edit: { value: (task, g) => g.scale.write(task.start), read: readDate, change: (start) => ({ start }), can: isLeaf },
  },
  finish: { width: 96, text: (task, g) => g.scale.write(g.shown(task).finish) },
  duration: {
    width: 82,
    isNumber: true,
    text: (task, g) => writeDuration(g.t, durationOf(g, task), g.plan.calendar.minutesPerDay),
    edit: {
      value: (task, g) => writeDuration(g.t, task.duration, g.plan.calendar.minutesPerDay),
      read: (text, task, g) => readDuration(text, g.plan.calendar.minutesPerDay),
      change: (duration) => ({ duration }),
      can: (task) => isLeaf(task) && !task.is_milestone,
    },
  },
  percent: {
    width: 72,
    isNumber: true,
    text: (task) => `${task.percent ?? 0}%`,
    edit: { value: (task) => String(task.percent ?? 0), read: readPercent, change: (percent) => ({ percent }), can: isLeaf },
  },
  assignee: { width: 92, text: (task) => task.assignee || "" },
  float: {
    width: 72,
    isNumber: true,
    text: (task, g) => (task.total_float_minutes === null || task.total_float_minutes === undefined || task.is_summary ? "" : writeDuration(g.t, task.total_float_minutes, g.plan.calendar.minutesPerDay)),
  },
  predecessors: { width: 130, text: (task, g) => writePredecessors(g, task) },
  deadline: { width: 96, text: (task, g) => g.scale.write(task.deadline) },
  baseline_start: { width: 96, text: (task, g) => g.scale.write(task.baselineStart) },
  baseline_finish: { width: 96, text: (task, g) => g.scale.write(task.baselineFinish) },
};

export const FIRST_SHOWN = ["wbs", "name", "start", "finish", "duration", "percent", "assignee", "float"];

/** Everything else the picture tells about a task, in words: for the hint and for screen readers. */
export function describe(g, task) {
  const { t, scale } = g;
  const facts = [];
  if (task.is_summary) facts.push(t("summary"));
  if (task.is_milestone) facts.push(t("milestone"));
  if (task.is_critical) facts.push(t("critical"));
  if (task.deadline !== null) facts.push(t("deadline_on", { date: scale.write(task.deadline) }));
  if (g.isEndangered(task)) facts.push(t("endangered"));
  if (task.interface && task.interface.state !== "ok") facts.push(t(`interface_${task.interface.state}`, { key: task.interface.key }));
  if (task.baselineStart !== null) facts.push(t("baseline_of", { start: scale.write(task.baselineStart), finish: scale.write(task.baselineFinish) }));
  const predecessors = writePredecessors(g, task);
  if (predecessors) facts.push(t("after", { tasks: predecessors }));
  return facts;
}
