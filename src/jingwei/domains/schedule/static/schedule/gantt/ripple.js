/**
 * What a change does to the rest of the plan, computed at once in the page while the server is asked.
 *
 * One forward pass over the tasks behind the changed ones, in working time, with the four link types and lags, rounding as the
 * server's kernel rounds. It knows less than the server (no resources, no constraints of others, no links of summaries), so its
 * answer is shown as a ghost only and gives way to the server's.
 */

/** The latest start and finish that the links into a task demand, as wall minutes (−Infinity when none does). */
function boundsOf(plan, links, position) {
  let [start, finish] = [-Infinity, -Infinity];
  for (const link of links) {
    const from = position(plan.tasks.get(link.from));
    const base = link.type === "SS" || link.type === "SF" ? from.start : from.finish;
    if (base === null) continue;
    const bound = plan.calendar.lagged(base, link.lag);
    if (link.type === "FS" || link.type === "SS") start = Math.max(start, bound);
    else finish = Math.max(finish, bound);
  }
  return { start, finish };
}

/** Dates of a task of `duration` working minutes that may not start before, nor finish before, the given wall minutes. */
export function place(calendar, duration, start, finish) {
  if (!duration) {
    const at = calendar.snapMilestone(Math.max(start, finish));
    return { start: at, finish: at, duration };
  }
  let work = start > -Infinity ? calendar.workAt(start) : -Infinity;
  if (finish > -Infinity) work = Math.max(work, calendar.workAt(finish) - duration);
  let end = calendar.wallFinish(work + duration);
  if (end < finish && calendar.workAt(finish) === work + duration) end = calendar.wallStart(work + duration); // wait through a break
  return { start: calendar.wallStart(work), finish: end, duration };
}

/** Where a task that nobody touched goes: pushed by its links, or drawn back if they alone had held it where it was. */
function follow(plan, task, links, position) {
  const { calendar } = plan;
  if (task.percent > 0 || task.start === null) return null;
  const now = boundsOf(plan, links, position);
  if (now.start === -Infinity && now.finish === -Infinity) return null;
  const wanted = place(calendar, task.duration, now.start, now.finish);
  const [current, bound] = [calendar.workAt(task.start), calendar.workAt(wanted.start)];
  if (bound > current || (!task.duration && wanted.start > task.start)) return wanted;
  if (task.constraint && task.constraint !== "ASAP") return null;
  const old = boundsOf(plan, plan.incoming.get(task.id) || [], (each) => each);
  if (old.start === -Infinity && old.finish === -Infinity) return null;
  const isDriven = calendar.workAt(place(calendar, task.duration, old.start, old.finish).start) >= current;
  return isDriven ? notBefore(plan, task, wanted) : null;
}

/** Nothing that still lies ahead is drawn back before the data date. */
function notBefore(plan, task, wanted) {
  const floor = Math.min(task.start, plan.dataDate ?? -Infinity);
  return wanted.start >= floor ? wanted : place(plan.calendar, wanted.duration, floor, -Infinity);
}

/** Where a changed task goes: where it was put, unless its links forbid that. */
function obey(plan, task, wish, links, position) {
  const duration = wish.duration ?? task.duration;
  const asked = wish.start ?? task.start;
  if (asked === null) return null;
  if (plan.project.from_finish) return wish.start === undefined ? place(plan.calendar, duration, -Infinity, task.finish) : place(plan.calendar, duration, asked, -Infinity);
  const bounds = boundsOf(plan, links, position);
  const isHeld = task.percent > 0;
  if (isHeld) return place(plan.calendar, duration, asked, -Infinity);
  return notBefore(plan, task, place(plan.calendar, duration, Math.max(asked, bounds.start), bounds.finish));
}

function rollUp(plan, moved, position) {
  const parents = new Set();
  for (const id of moved.keys()) for (let up = plan.tasks.get(plan.tasks.get(id).parent); up; up = plan.tasks.get(up.parent)) parents.add(up);
  for (const parent of [...parents].sort((one, other) => other.level - one.level)) {
    let [start, finish] = [Infinity, -Infinity];
    for (const child of plan.children.get(parent.id)) {
      const at = position(child);
      if (at.start === null || at.finish === null) continue;
      start = Math.min(start, at.start);
      finish = Math.max(finish, at.finish);
    }
    if (finish !== -Infinity && (start !== parent.start || finish !== parent.finish)) moved.set(parent.id, { start, finish, duration: parent.duration });
  }
}

/**
 * Where every task that a change moves would go.
 * @param wishes Map of task id → {start?, duration?} (wall minute, working minutes)
 * @param added links that are only proposed
 * @returns Map of task id → {start, finish, duration}, changed tasks and summaries only
 */
export function ripple(plan, wishes, added = []) {
  const moved = new Map();
  const position = (task) => moved.get(task.id) || task;
  const order = added.length ? plan.orderWith(added) : plan.order;
  const touched = new Set([...wishes.keys(), ...added.map((link) => link.to)]);
  for (const task of order) {
    if (!touched.has(task.id) || task.is_summary) continue;
    const known = plan.incoming.get(task.id) || [];
    const links = added.length ? [...known, ...added.filter((link) => link.to === task.id)] : known;
    const wish = wishes.get(task.id);
    if (!wish && plan.project.from_finish) continue;
    const place = wish ? obey(plan, task, wish, links, position) : follow(plan, task, links, position);
    if (!place || (place.start === task.start && place.finish === task.finish)) continue;
    moved.set(task.id, place);
    if (plan.project.from_finish) continue; // planned backwards: only the server knows what else would move
    for (const link of plan.outgoing.get(task.id) || []) touched.add(link.to);
  }
  rollUp(plan, moved, position);
  return moved;
}
