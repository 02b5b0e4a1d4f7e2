/**
 * The panel of the chosen task beside the picture: dates, constraint, deadline and links are changed here, and what the server
 * refuses is said under the field it refused.
 */
import { formatMinute, parseMinute } from "./calendar.js";
import { describe } from "./columns.js";
import { icon, make } from "./dom.js";
import { readDuration, writeDuration } from "./strings.js";

export const CONSTRAINTS = ["ASAP", "ALAP", "SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO"];
const DATELESS = new Set(["ASAP", "ALAP"]);

export class Details {
  constructor(g) {
    this.g = g;
    this.element = make("aside", { class: "gantt-details", "aria-label": g.t("details"), hidden: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open(task, field = "") {
    this.element.hidden = false;
    this.fill(task);
    (this.element.querySelector(`[name="${field}"]`) || this.element.querySelector("input, select, button"))?.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.task = null;
    this.g.tree.grid.focus({ preventScroll: true });
  }

  /** Follow the choice, and changes of the chosen task; what is being typed stays. */
  follow() {
    if (!this.isOpen) return;
    const task = this.g.plan.tasks.get(this.g.selectedId);
    if (!task) return this.close();
    const isSame = this.task?.id === task.id && this.version === `${task.version}|${task.start}|${task.finish}|${this.linkCount(task)}`;
    if (isSame || (this.task?.id === task.id && this.element.contains(document.activeElement) && document.activeElement.matches("input") && this.isDirty)) return;
    this.fill(task);
  }

  linkCount(task) {
    const { incoming, outgoing } = this.g.plan;
    return [...(incoming.get(task.id) || []), ...(outgoing.get(task.id) || [])].map((link) => `${link.id}${link.type}${link.lag}`).join();
  }

  fill(task) {
    const { g } = this;
    const { t } = g;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.name : ""; // nothing was typed there yet: what is typed next replaces it
    this.task = task;
    this.version = `${task.version}|${task.start}|${task.finish}|${this.linkCount(task)}`;
    this.isDirty = false;
    const close = make("button", { type: "button", class: "gantt-button", "aria-label": t("close"), on: { click: () => this.close() } }, icon("x"));
    const facts = describe(g, task);
    this.element.replaceChildren(
      make("header", {}, make("h2", { text: `${task.wbs || ""} ${task.name}`.trim() }), close),
      make("p", { class: "gantt-details-span", text: task.start === null ? "" : `${g.scale.write(task.start, true)} → ${g.scale.write(task.finish, true)}` }),
      facts.length ? make("p", { class: "gantt-details-facts", text: facts.join(" · ") }) : "",
      this.form(task),
      make("h3", { text: t("links") }),
      make("button", { type: "button", class: "gantt-button has-word is-lined", on: { click: () => g.dialogs.links(task) } }, icon("link"), `${t("links")} (${(g.plan.incoming.get(task.id) || []).length} → ${(g.plan.outgoing.get(task.id) || []).length})`),
      this.further(task),
    );
    const field = focused && this.element.querySelector(`[name="${focused}"]`);
    if (!field) return;
    field.focus({ preventScroll: true });
    if (field.type === "text") field.select();
  }

  further(task) {
    const { t, places } = this.g;
    const row = make("div", { class: "gantt-details-row" });
    if (places.calendarUrl) row.append(make("a", { class: "gantt-button has-word is-lined", href: places.calendarUrl }, icon("calendar"), t("calendar")));
    if (places.recordUrl) row.append(make("a", { class: "gantt-button has-word is-lined", href: `${places.recordUrl}${task.id}/` }, icon("external-link"), t("whole_record")));
    return row;
  }

  form(task) {
    const { g } = this;
    const { t } = g;
    const perDay = g.plan.calendar.minutesPerDay;
    const fields = make("div", { class: "gantt-details-form" });
    const text = (name, value, can = true) => this.field(name, make("input", { type: "text", class: "gantt-field", name, value, maxlength: "300", autocomplete: "off", disabled: !g.canEdit || !can }));
    const moment = (name, minute, can = true) => this.field(name, make("input", { type: "datetime-local", class: "gantt-field", name, value: minute === null || minute === undefined ? "" : formatMinute(minute), disabled: !g.canEdit || !can }));
    fields.append(text("name", task.name));
    if (!task.is_summary) fields.append(text("duration", writeDuration(t, task.duration, perDay), !task.is_milestone), text("percent", String(task.percent ?? 0)));
    for (const [name, rows] of task.is_summary ? [] : [["assignee", g.plan.people], ["task_calendar", g.plan.calendars]]) {
      if (name === "task_calendar" && !rows.length) continue;
      fields.append(this.field(name, this.choice(name, rows, name === "assignee" ? task.assignee_id : task.calendar_id, name === "assignee" ? task.assignee : "")));
    }
    const kinds = make("select", { class: "gantt-select", name: "constraint", disabled: !g.canEdit }, ...CONSTRAINTS.map((kind) => make("option", { value: kind, text: t(kind.toLowerCase()) })));
    kinds.value = task.constraint || "ASAP";
    fields.append(this.field("constraint", kinds), moment("constraint_at", parseMinute(task.constraint_at), !DATELESS.has(kinds.value)), moment("deadline", task.deadline));
    if (!task.is_summary) {
      const box = make("input", { type: "checkbox", name: "is_milestone", disabled: !g.canEdit });
      box.checked = Boolean(task.is_milestone);
      fields.append(make("label", { class: "gantt-check" }, box, t("milestone")));
    }
    fields.addEventListener("input", () => (this.isDirty = true));
    fields.addEventListener("change", (event) => this.keep(event.target));
    return fields;
  }

  /** One of several rows [id, name], or none; who is chosen is listed even when they would not be offered. */
  choice(name, rows, chosen, shown) {
    const { t } = this.g;
    const known = !chosen || rows.some(([id]) => id === chosen) ? rows : [[chosen, shown], ...rows];
    const none = name === "assignee" ? t("unassigned") : t("project_calendar");
    const select = make("select", { class: "gantt-select", name, disabled: !this.g.canEdit }, make("option", { value: "", text: none }), ...known.map(([id, text]) => make("option", { value: String(id), text })));
    select.value = chosen ? String(chosen) : "";
    return select;
  }

  field(name, input) {
    const id = `gantt-details-${name}`;
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-error`);
    return make("div", { class: "gantt-details-field" }, make("label", { for: id, text: this.g.t(name) }), input, make("p", { id: `${id}-error`, class: "gantt-details-error", role: "alert" }));
  }

  say(name, text) {
    const input = this.element.querySelector(`[name="${name}"]`);
    const place = this.element.querySelector(`#gantt-details-${name}-error`);
    if (place) place.textContent = text;
    input?.setAttribute("aria-invalid", String(Boolean(text)));
    return Boolean(place);
  }

  /** Read a field; undefined after saying that it was not understood. */
  read(input) {
    const { name, value } = input;
    const { plan, t } = this.g;
    if (name === "is_milestone") return { is_milestone: input.checked };
    if (name === "name") return value.trim() ? { name: value.trim() } : this.refuse(name, t("error_value", { value }));
    if (name === "duration") {
      const duration = readDuration(value, plan.calendar.minutesPerDay);
      return duration === null ? this.refuse(name, t("error_duration", { value })) : { duration };
    }
    if (name === "percent") {
      const percent = Number(value.replace("%", ""));
      return Number.isInteger(percent) && percent >= 0 && percent <= 100 && value.trim() ? { percent } : this.refuse(name, t("error_percent", { value }));
    }
    if (name === "assignee" || name === "task_calendar") return { [name === "assignee" ? name : "calendar"]: value ? Number(value) : null };
    if (name === "deadline") return { deadline: value || null };
    return this.readConstraint();
  }

  readConstraint() {
    const [kind, at] = [this.element.querySelector("[name=constraint]"), this.element.querySelector("[name=constraint_at]")];
    at.disabled = DATELESS.has(kind.value);
    if (at.disabled) at.value = "";
    else if (!at.value) {
      at.focus();
      return this.refuse("constraint_at", this.g.t("constraint_needs_date"));
    }
    return { constraint: kind.value, constraint_at: at.value || null };
  }

  refuse(name, text) {
    this.say(name, text);
    return undefined;
  }

  async keep(input) {
    for (const place of this.element.querySelectorAll(".gantt-details-error")) place.textContent = "";
    const change = this.read(input);
    if (change === undefined) return;
    this.isDirty = false;
    await this.g.actions.change(this.task, change, { refused: (errors) => errors.filter(({ field, message }) => !this.say({ duration_minutes: "duration", calendar: "task_calendar" }[field] || field, message)) });
  }
}
