/**
 * The plan as the page knows it: tasks, their tree, their links, and which rows are visible.
 *
 * A task keeps the server's fields; `start`, `finish`, `baselineStart`, `baselineFinish` and `deadline` are wall minutes or null,
 * `row` is its visible row or -1. Links are {id, from, to, type, lag}.
 */
import { WorkCalendar, dayOf, parseMinute } from "./calendar.js";

const BUCKET_SHIFT = 6; // links are gathered by 64 rows, so only those that touch the screen are looked at

function taskFrom(raw) {
  return {
    ...raw,
    start: parseMinute(raw.start),
    finish: parseMinute(raw.finish),
    duration: raw.duration_minutes || 0,
    baselineStart: parseMinute(raw.baseline_start),
    baselineFinish: parseMinute(raw.baseline_finish),
    deadline: parseMinute(raw.deadline),
    row: -1,
    level: 1,
    position: 1,
    siblings: 1,
  };
}

/** Rows under a list of columns, or tasks spelled out → tasks spelled out. */
function spelledOut(tasks) {
  if (Array.isArray(tasks) || !tasks) return tasks || [];
  const { columns, rows } = tasks;
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
}

/** A task that nobody has named yet, below another: it has a row and no dates, and an id of its own until the server gives one. */
function draftBelow(above, id, name) {
  const raw = { id, name, parent: above?.parent ?? null, wbs: "", start: null, finish: null, baseline_start: null, baseline_finish: null, deadline: null, percent: 0 };
  return { ...taskFrom(raw), isDraft: true, after: above };
}

const linkFrom = (raw) => ({ id: raw.id, from: raw.from, to: raw.to, type: raw.type || "FS", lag: raw.lag_minutes || 0 });

/** Order of "1.2" before "1.10". */
export function compareWbs(one, other) {
  const [left, right] = [String(one || "").split("."), String(other || "").split(".")];
  for (let k = 0; k < Math.max(left.length, right.length); k++) {
    const difference = (Number(left[k]) || 0) - (Number(right[k]) || 0);
    if (left[k] === undefined || right[k] === undefined) return left.length - right.length;
    if (difference) return difference;
  }
  return 0;
}

export class Plan {
  constructor(contract) {
    this.project = contract.project;
    this.dataDate = parseMinute(contract.project.data_date);
    this.today = parseMinute(contract.project.today);
    this.tasks = new Map(spelledOut(contract.tasks).map((raw) => [raw.id, taskFrom(raw)]));
    for (const [id, start, finish] of contract.baseline_rows || []) Object.assign(this.tasks.get(id) || {}, { baselineStart: start, baselineFinish: finish });
    this.people = contract.people || []; // [id, name] of who may be assigned
    this.calendars = contract.calendars || []; // [id, name] of those a task may name
    this.links = new Map(contract.links.map((raw) => [raw.id, linkFrom(raw)]));
    this.calendar = new WorkCalendar(contract.calendar, dayOf(this.range()[0]));
    this.rows = [];
    this.drafts = [];
    this.gatherChildren();
    this.gatherLinks();
  }

  /** First and last wall minute that anything of the plan occupies. */
  range() {
    let [low, high] = [Infinity, -Infinity];
    for (const task of this.tasks.values()) {
      for (const minute of [task.start, task.finish, task.baselineStart, task.baselineFinish, task.deadline]) {
        if (minute === null) continue;
        if (minute < low) low = minute;
        if (minute > high) high = minute;
      }
    }
    for (const minute of [parseMinute(this.project.start), parseMinute(this.project.finish), this.today]) {
      if (minute === null || (minute === this.today && low !== Infinity)) continue;
      low = Math.min(low, minute);
      high = Math.max(high, minute);
    }
    return low === Infinity ? [0, 0] : [low, high];
  }

  /** Tasks that are parts of each other would be walked for ever: one of them is shown at the top instead. */
  cutRings() {
    const known = new Set();
    for (const task of this.tasks.values()) {
      const way = new Set();
      for (let up = task; up && !known.has(up.id); up = this.tasks.get(up.parent)) {
        way.add(up.id);
        if (way.has(up.parent)) up.parent = null;
      }
      for (const id of way) known.add(id);
    }
  }

  gatherChildren() {
    this.cutRings();
    this.children = new Map();
    for (const task of this.tasks.values()) {
      const parent = this.tasks.has(task.parent) ? task.parent : null;
      if (!this.children.has(parent)) this.children.set(parent, []);
      this.children.get(parent).push(task);
    }
  }

  /** Each draft stands right below the task that it was begun at. */
  placeDrafts() {
    for (const draft of this.drafts) {
      const siblings = this.children.get(this.tasks.has(draft.parent) ? draft.parent : null);
      siblings.splice(siblings.indexOf(draft), 1);
      siblings.splice(siblings.indexOf(draft.after && this.tasks.get(draft.after.id)) + 1 || siblings.length, 0, draft);
    }
  }

  /** Begin a task below another. */
  addDraft(above, name) {
    this.draftsBegun = (this.draftsBegun || 0) + 1;
    return this.keepDrafts([draftBelow(above, `draft-${this.draftsBegun}`, name)])[0];
  }

  /** Take drafts over, also those of a plan that was fetched anew. */
  keepDrafts(drafts) {
    if (!drafts.length) return drafts;
    for (const draft of drafts) this.tasks.set(draft.id, draft);
    this.drafts.push(...drafts);
    this.regather();
    return drafts;
  }

  /** A draft is given up, or has become the task `id` of the server: it stays the same object, so whoever holds it holds the task. */
  settleDraft(draft, id = null) {
    this.drafts = this.drafts.filter((each) => each !== draft);
    this.tasks.delete(draft.id);
    if (id !== null) {
      Object.assign(draft, { id, isDraft: false });
      this.tasks.set(id, draft);
    }
    this.regather();
  }

  regather() {
    this.gatherChildren();
    for (const siblings of this.children.values()) siblings.sort((one, other) => compareWbs(one.wbs, other.wbs));
    this.placeDrafts();
    this.gatherLinks();
  }

  /** Links by task, and the topological rank of every task that can be ordered. */
  gatherLinks() {
    this.incoming = new Map();
    this.outgoing = new Map();
    for (const link of this.links.values()) {
      if (!this.tasks.has(link.from) || !this.tasks.has(link.to)) continue;
      if (!this.incoming.has(link.to)) this.incoming.set(link.to, []);
      if (!this.outgoing.has(link.from)) this.outgoing.set(link.from, []);
      this.incoming.get(link.to).push(link);
      this.outgoing.get(link.from).push(link);
    }
    this.order = this.orderWith([]);
    this.rank = new Map(this.order.map((task, rank) => [task.id, rank]));
  }

  /** Tasks in topological order (Kahn, 1962), also obeying links that are only proposed. */
  orderWith(proposed) {
    const waiting = new Map();
    for (const [id, links] of this.incoming) waiting.set(id, links.length);
    for (const link of proposed) waiting.set(link.to, (waiting.get(link.to) || 0) + 1);
    const order = [];
    for (const task of this.tasks.values()) if (!waiting.get(task.id)) order.push(task);
    for (let k = 0; k < order.length; k++) {
      const id = order[k].id;
      const leaving = this.outgoing.get(id) || [];
      for (const link of proposed.length ? [...leaving, ...proposed.filter((each) => each.from === id)] : leaving) {
        const left = waiting.get(link.to) - 1;
        waiting.set(link.to, left);
        if (!left) order.push(this.tasks.get(link.to));
      }
    }
    return order;
  }

  /** Whether following links (or falling into children) from one task arrives at another. */
  reaches(fromId, toId) {
    const seen = new Set([fromId]);
    const open = [fromId];
    while (open.length) {
      const id = open.pop();
      if (id === toId) return true;
      const next = [...(this.outgoing.get(id) || []).map((link) => link.to), ...(this.children.get(id) || []).map((task) => task.id)];
      for (const each of next) if (!seen.has(each)) seen.add(each) && open.push(each);
    }
    return false;
  }

  isWithin(id, ancestorId) {
    for (let task = this.tasks.get(id); task; task = this.tasks.get(task.parent)) if (task.id === ancestorId) return true;
    return false;
  }

  hasChildren(id) {
    return this.children.has(id);
  }

  /** Compute the visible rows, their levels and their places among siblings. */
  flatten(collapsed) {
    for (const task of this.tasks.values()) task.row = -1;
    this.rows = [];
    const walk = (parentId, level) => {
      const siblings = this.children.get(parentId) || [];
      siblings.forEach((task, index) => {
        Object.assign(task, { level, position: index + 1, siblings: siblings.length, row: this.rows.length });
        this.rows.push(task);
        if (this.children.has(task.id) && !collapsed.has(task.id)) walk(task.id, level + 1);
      });
    };
    walk(null, 1);
    this.gatherBuckets();
  }

  gatherBuckets() {
    this.buckets = new Map();
    for (const link of this.links.values()) {
      const [from, to] = [this.tasks.get(link.from), this.tasks.get(link.to)];
      if (!from || !to || from.row < 0 || to.row < 0) continue;
      const [first, last] = [Math.min(from.row, to.row) >> BUCKET_SHIFT, Math.max(from.row, to.row) >> BUCKET_SHIFT];
      for (let bucket = first; bucket <= last; bucket++) {
        if (!this.buckets.has(bucket)) this.buckets.set(bucket, []);
        this.buckets.get(bucket).push(link);
      }
    }
  }

  /** Links with an end on, or a line across, the rows first to last. */
  linksAcross(first, last) {
    const found = new Set();
    for (let bucket = first >> BUCKET_SHIFT; bucket <= last >> BUCKET_SHIFT; bucket++) {
      for (const link of this.buckets.get(bucket) || []) {
        const [one, other] = [this.tasks.get(link.from).row, this.tasks.get(link.to).row];
        if (Math.max(one, other) >= first && Math.min(one, other) <= last) found.add(link);
      }
    }
    return found;
  }

  /** Take in what the server answered to a change: tasks and links replaced by id, and links it says are gone. */
  merge(answer, removedLinks = []) {
    let isReordered = false;
    for (const id of answer.removed || []) isReordered = this.tasks.delete(id) || isReordered;
    for (const raw of spelledOut(answer.tasks)) {
      const before = this.tasks.get(raw.id);
      const after = taskFrom(raw);
      isReordered ||= !before || before.parent !== after.parent || before.wbs !== after.wbs;
      const { baselineStart, baselineFinish } = raw.baseline_start === undefined && before ? before : after;
      if (before) Object.assign(before, after, { baselineStart, baselineFinish, row: before.row, level: before.level, position: before.position, siblings: before.siblings });
      else this.tasks.set(after.id, after);
    }
    for (const id of [...removedLinks, ...(answer.links_removed || [])]) this.links.delete(id);
    for (const raw of answer.links || []) this.links.set(raw.id, linkFrom(raw));
    if (isReordered) this.regather();
    else this.gatherLinks();
  }

  /** Where the server would put its tasks: a Map of id → {start, finish, duration}, those only that differ from the plan. */
  positionsOf(rawTasks) {
    const positions = new Map();
    for (const raw of spelledOut(rawTasks)) {
      const { start, finish, duration } = taskFrom(raw);
      const now = this.tasks.get(raw.id);
      if (now && (now.start !== start || now.finish !== finish)) positions.set(raw.id, { start, finish, duration });
    }
    return positions;
  }

  /** Latest finish of the leaves, `shown` telling where each stands. */
  finishOf(shown) {
    let finish = -Infinity;
    for (const task of this.tasks.values()) {
      if (task.is_summary) continue;
      const at = shown(task).finish;
      if (at !== null && at > finish) finish = at;
    }
    return finish;
  }
}
