/** Short messages: what was done (with Undo), what went wrong, and the hint beside the pointer. */
import { describe, durationOf } from "./columns.js";
import { icon, make } from "./dom.js";
import { writeDuration } from "./strings.js";

const SHOWN_MS = 9000;
const HINT_DELAY_MS = 350;

export class Toasts {
  constructor(g) {
    this.g = g;
    this.element = make("div", { class: "gantt-toasts", role: "status", "aria-live": "polite" });
    this.alerts = make("div", { class: "gantt-toasts", role: "alert" });
    this.stack = make("div", { class: "gantt-toast-stack" }, this.element, this.alerts);
  }

  /** @param action {label, run} shown as a button */
  show(text, { action = null, isWarning = false, isError = false } = {}) {
    const toast = make("div", { class: `gantt-toast${isWarning ? " is-warning" : ""}${isError ? " is-error" : ""}` });
    toast.append(icon(isError || isWarning ? "alert" : "circle-check"), make("span", { class: "gantt-toast-text", text }));
    const close = () => {
      const hadFocus = toast.contains(document.activeElement);
      toast.remove();
      if (hadFocus) this.g.tree.grid.focus({ preventScroll: true });
    };
    if (action) {
      const run = () => {
        close();
        action.run();
      };
      toast.append(make("button", { type: "button", class: "gantt-toast-action", text: action.label, on: { click: run } }));
    }
    toast.append(make("button", { type: "button", class: "gantt-toast-close", "aria-label": this.g.t("close"), on: { click: close } }, icon("x")));
    const place = isError ? this.alerts : this.element;
    place.replaceChildren(toast);
    let timer = setTimeout(close, SHOWN_MS);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => (timer = setTimeout(close, SHOWN_MS / 2)));
  }

  error(text) {
    this.show(text, { isError: true });
  }
}

export class Hint {
  constructor(g) {
    this.g = g;
    this.element = make("div", { class: "gantt-hint", "aria-hidden": "true", hidden: true });
    this.timer = 0;
  }

  /** Show a task's facts beside the pointer after a moment. */
  aim(task, event) {
    const box = this.g.stage.getBoundingClientRect();
    this.at = { x: event.clientX - box.left, y: event.clientY - box.top };
    if (this.task === task) return;
    this.hide();
    this.task = task;
    this.timer = setTimeout(() => this.show(task), HINT_DELAY_MS);
  }

  hide() {
    clearTimeout(this.timer);
    this.task = null;
    this.element.hidden = true;
  }

  show(task) {
    const { g } = this;
    if (g.drag) return;
    const at = g.shown(task);
    const span = at.start === null ? "" : task.is_milestone ? g.scale.write(at.start, true) : `${g.scale.write(at.start, true)} → ${g.scale.write(at.finish, true)}`;
    const facts = [
      [g.t("duration"), task.is_milestone ? "" : writeDuration(g.t, durationOf(g, task), g.plan.calendar.minutesPerDay)],
      [g.t("percent"), `${task.percent ?? 0}%`],
      [g.t("assignee"), task.is_summary ? "" : task.assignee || g.t("unassigned")],
      [g.t("float"), task.is_summary || task.total_float_minutes === null || task.total_float_minutes === undefined ? "" : writeDuration(g.t, task.total_float_minutes, g.plan.calendar.minutesPerDay)],
    ].filter(([, value]) => value);
    const list = make("dl", {}, ...facts.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))));
    const notes = describe(g, task).filter((note) => note !== g.t("summary") && note !== g.t("milestone"));
    this.element.replaceChildren(make("strong", { text: `${task.wbs || ""} ${task.name}`.trim() }), make("span", { class: "gantt-hint-span", text: span }), list, ...notes.map((note) => make("span", { class: "gantt-hint-note", text: note })));
    this.element.hidden = false;
    const { width, height } = this.element.getBoundingClientRect();
    const x = Math.min(this.at.x + 14, g.stage.clientWidth - width - 8);
    const y = this.at.y + 20 + height > g.stage.clientHeight ? this.at.y - height - 12 : this.at.y + 20;
    this.element.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }
}
