/**
 * What a person does to the plan: change, link, undo, redo.
 *
 * Every change is shown at once from the local forward pass, then sent; the server's answer replaces the guess. Changes still under
 * way pile up: the picture is the plan plus all of them.
 */
import { formatMinute } from "./calendar.js";
import { ripple } from "./ripple.js";
import { RequestError } from "./server.js";

const NUDGE_MS = 450; // key presses closer together than this are one change
const PREVIEW_MS = 160;

/** A change of ours → the contract's, with the version that the task has now. */
function changeForServer(plan, { id, start, duration, ...rest }) {
  const wire = { task: id, ...rest, version: plan.tasks.get(id)?.version };
  if (start !== undefined) wire.start = formatMinute(start);
  if (duration !== undefined) wire.duration_minutes = duration;
  return wire;
}

const linkForServer = ({ from, to, type, lag }) => ({ from, to, type, lag_minutes: lag });

export class Actions {
  constructor(g) {
    this.g = g;
    this.underWay = [];
    this.named = new Map(); // id of a draft → the id that the server gave it
    this.held = null; // what a drag or a row of key presses would change, not sent yet
    this.nudgeTimer = 0;
    this.previewTimer = 0;
  }

  get isBusy() {
    return this.underWay.length > 0 || this.held !== null;
  }

  forServer({ changes = [], add = [], remove = [], made = [], dropped = [] }) {
    const real = (id) => this.realId(id);
    const begun = made.map(({ draft, name }) => ({ after: draft.after ? real(draft.after.id) : null, name }));
    const tasks = made.length || dropped.length ? { add: begun, remove: dropped.map(real) } : undefined;
    const renamed = changes.map((change) => changeForServer(this.g.plan, { ...change, id: real(change.id), ...(change.parent && { parent: real(change.parent) }) }));
    return { tasks, changes: renamed, links: { add: add.map((link) => linkForServer({ ...link, from: real(link.from), to: real(link.to) })), remove } };
  }

  /** What the server calls a task that was a draft when it was named; one that it did not take has no id. */
  realId(id) {
    const found = typeof id === "string" ? this.named.get(id) : id;
    if (found === undefined) throw new RequestError("failed");
    return found;
  }

  /** Work out the picture anew: the plan, plus changes on their way, plus what is held. */
  project() {
    const { g } = this;
    const all = [...this.underWay, ...(this.held ? [this.held] : [])];
    const wishes = new Map();
    for (const { changes = [] } of all) {
      for (const { id, start, duration } of changes) {
        if (start !== undefined || duration !== undefined) wishes.set(id, { ...wishes.get(id), ...(start !== undefined && { start }), ...(duration !== undefined && { duration }) });
      }
    }
    const added = all.flatMap(({ add = [] }) => add);
    g.preview = wishes.size || added.length ? ripple(g.plan, wishes, added) : null;
    g.refresh();
  }

  /** Show what a change would do without sending it; the server is asked for its opinion once the hand rests. */
  hold(change) {
    this.held = change;
    this.project();
    this.showEffect(this.localEffect());
    clearTimeout(this.previewTimer);
    this.asking?.abort();
    this.previewTimer = setTimeout(() => this.askServer(change), PREVIEW_MS);
  }

  async askServer(change) {
    const { g } = this;
    if (!g.places.previewUrl || this.underWay.length) return;
    this.asking = new AbortController();
    try {
      const answer = await g.server.preview(this.forServer(change), this.asking.signal);
      if (this.held !== change) return;
      g.preview = g.plan.positionsOf(answer.tasks || []);
      this.showEffect({ ...answer.effect, names: (answer.effect.endangered || []).map((task) => task.name) });
      g.refresh();
    } catch (error) {
      if (error.name !== "AbortError" && this.held === change && error.kind === "refused") this.g.showEffect(error.messages.join(" "), true);
    }
  }

  localEffect() {
    const { plan, preview, shown } = this.g;
    const names = [];
    let moved = 0;
    for (const [id, at] of preview || []) {
      const task = plan.tasks.get(id);
      if (!task.is_summary) moved += 1;
      if (task.deadline !== null && at.finish > task.deadline && !task.is_endangered) names.push(task.name);
    }
    return { moved, finish_before: formatMinute(plan.finishOf((task) => task)), finish_after: formatMinute(plan.finishOf(shown)), names };
  }

  showEffect(effect) {
    const { g } = this;
    g.showEffect(this.writeEffect(g.t("would_move", { count: effect.moved }), effect), effect.names.length > 0);
  }

  writeEffect(first, { finish_before: before, finish_after: after, names = [], told = [] }) {
    const { t } = this.g;
    const [from, to] = [String(before || "").slice(0, 10), String(after || "").slice(0, 10)];
    const parts = [first];
    if (from && to) parts.push(from === to && before === after ? t("finish_same") : t("finish_change", { before: from, after: to }));
    if (names.length) parts.push(t("endangers", { count: names.length, names: names.slice(0, 3).join(", ") }));
    return [parts.join("; "), ...told].join(" · ");
  }

  /** Drop what is held and show the plan as it is. */
  release() {
    clearTimeout(this.previewTimer);
    clearTimeout(this.nudgeTimer);
    this.asking?.abort();
    this.held = null;
    this.nudged = null;
    this.g.showEffect("");
    this.project();
  }

  /** Send what is held. */
  drop() {
    const change = this.held;
    clearTimeout(this.previewTimer);
    clearTimeout(this.nudgeTimer);
    this.asking?.abort();
    this.held = null;
    this.nudged = null;
    this.g.showEffect("");
    return change ? this.commit(change) : Promise.resolve(false);
  }

  /** Send key presses that are still being gathered. */
  flush() {
    if (this.nudged) this.drop();
  }

  /** Move or stretch by keys; presses in quick succession are one change and one step of undo. */
  nudge(task, { days = 0, longer = 0 }) {
    const { g } = this;
    if (!g.canEdit) return;
    if (task.is_summary) return void g.toasts.error(g.t("error_move_summary"));
    if (task.start === null) return;
    if (this.nudged && this.nudged.id !== task.id) this.flush();
    const { calendar } = g.plan;
    const now = this.nudged || { id: task.id };
    if (days) now.start = calendar.movedByDays(now.start ?? g.shown(task).start, days);
    if (longer && !task.is_milestone) {
      const duration = now.duration ?? task.duration;
      now.duration = Math.max(Math.min(duration, calendar.minutesPerDay / 2), duration + longer * calendar.minutesPerDay);
    }
    this.nudged = now;
    this.hold({ changes: [{ ...now }] });
    const at = g.shown(task);
    g.announce(g.t("announce_move", { name: task.name, start: g.scale.write(at.start), finish: g.scale.write(at.finish) }));
    clearTimeout(this.nudgeTimer);
    this.nudgeTimer = setTimeout(() => this.drop(), NUDGE_MS);
  }

  /** Change one task: {start?, duration?, name?, percent?, parent?, constraint?, constraint_at?, deadline?, is_milestone?}. */
  async change(task, change, { refused } = {}) {
    const answer = await this.commit({ changes: [{ id: task.id, ...change }] }, { isStructural: change.parent !== undefined, refused });
    if (answer && change.duration === 0 && !task.is_milestone) this.offerMilestone(task);
    return answer;
  }

  /** What takes no time is a milestone to most people. */
  offerMilestone(task) {
    const { g } = this;
    g.toasts.show(g.t("zero_days", { name: task.name }), { action: { label: g.t("make_milestone"), run: () => this.change(task, { is_milestone: true }) } });
  }

  /** A new task below another, or the first one: its row is there at once and its name is typed; it is sent when it has one. */
  addTask(above) {
    const { g } = this;
    if (!g.canEdit || g.places.canAdd === "false") return;
    this.flush();
    const draft = g.plan.addDraft(above, g.t("new_task"));
    g.planChanged();
    g.reveal(draft);
    g.drawNow();
    g.editor.open(draft, "name");
  }

  /** The draft has its name. */
  async makeTask(draft, name) {
    Object.assign(draft, { name, isSent: true });
    if (!(await this.commit({ made: [{ draft, name }] }, { isStructural: true, done: "added" }))) this.forgetTask(draft);
  }

  forgetTask(draft) {
    const { g } = this;
    g.plan.settleDraft(draft);
    if (g.selectedId === draft.id && draft.after) g.selectedId = draft.after.id;
    g.planChanged();
  }

  /** The server has made the task of a draft. */
  settle({ made = [] }, answer) {
    const { g } = this;
    made.forEach(({ draft }, index) => {
      const [was, id] = [draft.id, answer.made[index]];
      this.named.set(was, id);
      g.plan.settleDraft(draft, id);
      if (g.selectedId === was) g.selectedId = id;
    });
  }

  /** Remove a task with its parts; the toast takes it back. */
  async removeTask(task) {
    const { g } = this;
    if (!g.canEdit || g.places.canDelete === "false") return;
    this.flush();
    await this.commit({ dropped: [task.id] }, { isStructural: true, done: "removed" });
  }

  addLink(link, { refused } = {}) {
    const { g } = this;
    const refusal = this.refusalOf(link);
    if (refusal) {
      g.toasts.error(g.t(refusal));
      return Promise.resolve(false);
    }
    return this.commit({ add: [{ lag: 0, ...link }] }, { isStructural: true, done: "linked", refused });
  }

  removeLink(id) {
    return this.commit({ remove: [id] }, { isStructural: true, done: "unlinked" });
  }

  changeLink(link, { type, lag }) {
    return this.commit({ remove: [link.id], add: [{ ...link, type, lag }] }, { isStructural: true });
  }

  /** Why a link cannot be, as a key of the strings; null when it can. */
  refusalOf({ from, to }) {
    const { plan } = this.g;
    if (from === to || plan.isWithin(from, to) || plan.isWithin(to, from)) return "error_cycle";
    if ((plan.outgoing.get(from) || []).some((link) => link.to === to)) return "error_link_exists";
    return plan.reaches(to, from) ? "error_cycle" : null;
  }

  /** Send a change {changes?, add?, remove?}; resolves to the answer, or false when it was not kept.
   * `refused` takes the errors that it shows beside their fields and gives back the others. */
  async commit(change, { isStructural = false, done = "changed", refused = null } = {}) {
    const { g } = this;
    this.begin(change);
    try {
      const answer = await g.server.commit(() => this.forServer(change));
      this.settle(change, answer);
      g.plan.merge(answer, change.remove);
      this.end(change);
      if (answer.undo) g.history.record({ token: answer.undo, change, isStructural });
      g.planChanged();
      this.report(answer, done, Boolean(answer.undo));
      return answer;
    } catch (error) {
      this.end(change);
      if (error.kind === "refused" && refused && !refused(error.errors).length) return false;
      this.fail(error);
      return false;
    } finally {
      g.catchUp();
    }
  }

  /** Put a change under way: names and percentages show at once, dates through the forward pass. */
  begin(change) {
    for (const { id, name, percent } of change.changes || []) {
      const task = this.g.plan.tasks.get(id);
      if (name !== undefined) task.name = name;
      if (percent !== undefined) task.percent = percent;
    }
    this.underWay.push(change);
    this.g.setBusy(true);
    this.g.revision += 1;
    this.project();
  }

  end(change) {
    this.underWay = this.underWay.filter((each) => each !== change);
    this.g.setBusy(this.underWay.length > 0);
    this.project();
  }

  report(answer, done, isUndoable) {
    const { g } = this;
    const effect = answer.effect || { moved: 0 };
    const names = (effect.endangered || []).map((task) => task.name);
    const isNew = Boolean(answer.made?.length); // it is not moved to where it is put
    const first = effect.moved > 1 && !isNew ? g.t("moved", { count: effect.moved }) : effect.moved === 1 && !isNew ? g.t("moved_one") : g.t(done);
    const text = effect.moved ? this.writeEffect(first, { ...effect, names }) : first;
    g.toasts.show(text, { isWarning: names.length > 0, action: isUndoable && { label: g.t("undo"), run: () => this.undo() } });
  }

  fail(error) {
    const { g } = this;
    const keys = { conflict: "error_conflict", denied: "error_denied", offline: "error_offline" };
    g.toasts.error(error.messages?.length && error.kind !== "conflict" ? error.messages.join(" ") : g.t(keys[error.kind] || "error_save"));
    if (!error.kind) console.error(error);
    g.reload();
  }

  async undo() {
    const { g } = this;
    this.flush();
    await g.server.queue;
    const entry = g.history.takeUndo();
    if (!entry) return g.toasts.show(g.t("nothing_to_undo"));
    return this.replay(() => g.server.undo(entry.token), (answer) => g.history.keepForRedo({ ...entry, token: answer.undo }), entry, "undone", () => g.history.keepForUndo(entry));
  }

  async redo() {
    const { g } = this;
    this.flush();
    await g.server.queue;
    const entry = g.history.takeRedo();
    if (!entry) return g.toasts.show(g.t("nothing_to_redo"));
    const again = () => (entry.token ? g.server.undo(entry.token) : g.server.commit(() => this.forServer(entry.change)));
    return this.replay(again, (answer) => g.history.keepForUndo({ ...entry, token: answer.undo }), entry, "redone", () => g.history.keepForRedo(entry));
  }

  /** Undo or redo; what was not answered for good (no network, told to wait) may be tried again: `putBack`. */
  async replay(ask, keep, entry, done, putBack) {
    const { g } = this;
    g.setBusy(true);
    try {
      const answer = await ask();
      g.plan.merge(answer);
      keep(answer);
      if (entry.isStructural) await g.reload();
      g.planChanged();
      g.toasts.show(g.t(done));
    } catch (error) {
      if (!["conflict", "refused"].includes(error.kind)) putBack();
      this.fail(error);
    } finally {
      g.setBusy(false);
    }
  }
}
