/**
 * Two states of the plan side by side: the plan or a baseline above, a baseline below, what differs in working days, and what slipped most.
 *
 * The upper state is what the bars and the date columns show (`place`); the lower one is drawn as the thin bars (`apply`).
 * With a baseline above, nothing can be changed: it is history.
 */
import { make } from "./dom.js";

const WORST = 6; // how many tasks the summary names
export const CHANGE_COLUMNS = ["start_slip", "finish_slip"];

const placeFrom = ([id, start, finish, duration]) => [id, { start, finish, duration }];

export class Compare {
  constructor(g) {
    this.g = g;
    this.above = "plan";
    this.below = null; // id of a baseline; null is the current one
    this.states = new Map(); // id of a baseline → Map of task id → {start, finish, duration}
    this.mayEdit = g.canEdit;
    this.element = make("section", { class: "gantt-compare", "aria-label": g.t("compare"), hidden: true });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get baselines() {
    return this.g.plan?.project.baselines || [];
  }

  /** Where the upper state has a task; undefined when that is the plan itself. */
  place(task) {
    if (this.above === "plan") return undefined;
    return this.states.get(this.above)?.get(task.id) || { start: null, finish: null, duration: 0 };
  }

  /** Working minutes by which the upper state is behind the lower one; null where one of them has no date. */
  change(task, end) {
    const at = this.place(task) || task;
    const was = end === "start" ? task.baselineStart : task.baselineFinish;
    if (at[end] === null || was === null) return null;
    const { calendar } = this.g.plan;
    return calendar.workAt(at[end]) - calendar.workAt(was);
  }

  async toggle() {
    if (this.isOpen) return this.close();
    const { g } = this;
    if (!this.baselines.length) return g.toasts.show(g.t("compare_none"));
    this.element.hidden = false;
    this.below ??= g.plan.project.baseline?.id ?? this.baselines[0].id;
    if (g.columns.length > 1) g.setColumns([...g.columns, ...CHANGE_COLUMNS]);
    if (!g.options.baseline) g.setOption("baseline", true);
    await this.choose(this.above, this.below);
    this.element.querySelector("select")?.focus();
  }

  close() {
    const { g } = this;
    this.element.hidden = true;
    this.above = "plan";
    g.canEdit = this.mayEdit;
    g.setColumns(g.columns.filter((key) => !CHANGE_COLUMNS.includes(key)));
    g.planChanged();
    g.tree.grid.focus({ preventScroll: true });
  }

  /** Compare two states; `above` may be "plan". */
  async choose(above, below) {
    const { g } = this;
    try {
      await Promise.all([above, below].map((id) => this.fetch(id)));
    } catch (error) {
      g.toasts.error(g.t(error.kind === "offline" ? "error_offline" : "error_load"));
      return;
    }
    Object.assign(this, { above, below });
    g.canEdit = this.mayEdit && above === "plan";
    g.planChanged();
  }

  async fetch(id) {
    if (id === "plan" || this.states.has(id)) return;
    const { rows } = await this.g.server.ask(`${this.g.places.baselinesUrl}${id}/`);
    this.states.set(id, new Map(rows.map(placeFrom)));
  }

  /** Give every task the dates of the lower state; done after every change of the plan. */
  apply() {
    const state = this.below !== null && this.states.get(this.below);
    if (state) {
      for (const task of this.g.plan.tasks.values()) {
        const was = state.get(task.id);
        Object.assign(task, { baselineStart: was?.start ?? null, baselineFinish: was?.finish ?? null });
      }
    }
    if (this.isOpen) this.fill();
  }

  field(label, value, isPlanOffered) {
    const { t } = this.g;
    const select = make("select", { class: "gantt-select", "aria-label": t(label) });
    if (isPlanOffered) select.append(make("option", { value: "plan", text: t("compare_plan") }));
    select.append(...this.baselines.map(({ id, name }) => make("option", { value: id, text: name })));
    select.value = String(value);
    return select;
  }

  fill() {
    const { g } = this;
    const { t } = g;
    const above = this.field("compare_above", this.above, true);
    const below = this.field("compare_below", this.below, false);
    const chosen = () => this.choose(above.value === "plan" ? "plan" : Number(above.value), Number(below.value));
    const changed = async (kept) => {
      await chosen();
      this.element.querySelectorAll("select")[kept]?.focus();
    };
    above.addEventListener("change", () => changed(0));
    below.addEventListener("change", () => changed(1));
    const close = make("button", { type: "button", class: "gantt-button has-word", text: t("close"), on: { click: () => this.close() } });
    this.element.replaceChildren(make("div", { class: "gantt-compare-choice" }, above, make("span", { text: t("compare_with") }), below, make("span", { class: "gantt-spring" }), close), ...this.summary());
  }

  /** What slipped, in numbers and by name. */
  summary() {
    const { g } = this;
    const { t } = g;
    const leaves = [...g.plan.tasks.values()].filter((task) => !task.is_summary);
    const changes = leaves.map((task) => ({ task, minutes: this.change(task, "finish") }));
    const known = changes.filter(({ minutes }) => minutes !== null);
    const count = (test) => known.filter(({ minutes }) => test(minutes)).length;
    const figures = { later: count((n) => n > 0), earlier: count((n) => n < 0), same: count((n) => n === 0), added: changes.length - known.length };
    const last = (finishes) => finishes.reduce((most, finish) => Math.max(most, finish ?? -Infinity), -Infinity);
    const then = [...(this.states.get(this.below)?.values() ?? [])]; // also of tasks that are gone: what was agreed stays
    const [now, was] = [last(leaves.map((task) => g.shown(task).finish)), last(then.map(({ finish }) => finish))];
    const { calendar } = g.plan;
    const total = was > -Infinity && now > -Infinity ? this.write(calendar.workAt(now) - calendar.workAt(was)) : "–";
    const worst = known.filter(({ minutes }) => minutes > 0).sort((one, other) => other.minutes - one.minutes).slice(0, WORST);
    return [
      make("p", { class: "gantt-compare-figures", role: "status", text: t("compare_figures", { total, was: g.scale.write(was > -Infinity ? was : null), now: g.scale.write(now > -Infinity ? now : null), ...figures }) }),
      worst.length ? make("ol", { class: "gantt-compare-worst", "aria-label": t("compare_worst") }, ...worst.map(({ task, minutes }) => this.worstItem(task, minutes))) : null,
    ].filter(Boolean);
  }

  worstItem(task, minutes) {
    const { g } = this;
    const show = () => {
      g.reveal(task);
      g.tree.grid.focus({ preventScroll: true });
    };
    return make("li", {}, make("button", { type: "button", class: "gantt-button has-word", on: { click: show } }, make("strong", { text: this.write(minutes) }), `${task.wbs || ""} ${task.name}`.trim()));
  }

  /** "+3", "−1.5", "0": working days. */
  write(minutes) {
    if (minutes === null) return "";
    const days = Math.round((minutes / this.g.plan.calendar.minutesPerDay) * 10) / 10;
    return days > 0 ? `+${days}` : days < 0 ? `−${-days}` : "0";
  }
}
