/** The sheet of keys, and the dialog that lists, adds, changes and removes the links of a task. */
import { icon, make } from "./dom.js";
import { readDuration } from "./strings.js";

const TYPES = ["FS", "SS", "FF", "SF"];
const OFFERED = 200; // choices that the search field lists at once

const KEYS = [
  ["key_arrows", ["↑", "↓", "←", "→"]], ["key_expand", ["←", "→"]], ["key_home", ["Home", "End"]], ["key_edit", ["Enter"]], ["key_rename", ["F2"]],
  ["key_move", ["Alt + ←", "Alt + →"]], ["key_stretch", ["Shift + Alt + ←", "Shift + Alt + →"]], ["key_mark", ["M"]], ["key_link", ["L"]], ["key_indent", ["Ctrl + ]", "Ctrl + [", "Shift + Alt + ↑ ↓"]],
  ["key_new", ["N", "Insert"]], ["key_delete", ["Delete"]], ["key_details", ["D"]],
  ["key_undo", ["Ctrl + Z", "Ctrl + Y"]], ["key_zoom", ["+", "−", "0"]], ["key_zoom_wheel", ["Ctrl + ↕"]], ["key_show", ["Space"]], ["key_open", ["Ctrl + Enter"]],
  ["key_sheet", ["?"]], ["key_escape", ["Esc"]],
];

export class Dialogs {
  constructor(g) {
    this.g = g;
  }

  open(title, ...content) {
    const { g } = this;
    const close = make("button", { type: "button", class: "gantt-button", "aria-label": g.t("close") }, icon("x"));
    const heading = make("h2", { id: "gantt-dialog-title", text: title });
    const dialog = make("dialog", { class: "gantt-dialog", "aria-labelledby": "gantt-dialog-title" }, make("header", {}, heading, close), ...content);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      g.tree.grid.focus({ preventScroll: true });
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    g.host.append(dialog);
    dialog.showModal();
    return dialog;
  }

  /** One sheet of keys: the page's own, with ours before it; ours alone where the page has none. */
  shortcuts() {
    const [{ t }, shared] = [this.g, document.getElementById("keys")];
    if (!shared) this.open(t("shortcuts"), this.keys());
    else {
      if (!shared.querySelector("[data-gantt]")) {
        const ours = KEYS.flatMap(([key, strokes]) => [make("dt", {}, ...strokes.map((stroke) => make("kbd", { text: stroke }))), make("dd", { text: t(key) })]);
        shared.querySelector("dl").before(make("h3", { class: "h4", text: t("shortcuts") }), make("dl", { class: "jw-key-list", "data-gantt": "" }, ...ours), make("h3", { class: "h4 mt-3", text: t("shortcuts_page") }));
      }
      if (!shared.open) shared.showModal();
    }
  }

  keys() {
    const rows = KEYS.map(([key, strokes]) => make("div", {}, make("dt", {}, ...strokes.map((stroke) => make("kbd", { text: stroke }))), make("dd", { text: this.g.t(key) })));
    return make("dl", { class: "gantt-keys" }, ...rows);
  }

  links(task) {
    const { g } = this;
    g.actions.flush();
    const lists = make("div", { class: "gantt-links" });
    const fill = () => lists.replaceChildren(...this.lists(task, fill));
    fill();
    const dialog = this.open(g.t("link_title", { name: task.name }), lists, g.canEdit ? this.form(task, fill) : null);
    dialog.querySelector("#gantt-link-other")?.focus();
  }

  lists(task, fill) {
    const { g } = this;
    const list = (title, links, otherOf) => [
      make("h3", { text: title }),
      links.length
        ? make("ul", {}, ...links.map((link) => this.row(link, g.plan.tasks.get(otherOf(link)), fill)))
        : make("p", { class: "gantt-none", text: g.t("link_none") }),
    ];
    return [
      ...list(g.t("link_predecessors"), g.plan.incoming.get(task.id) || [], (link) => link.from),
      ...list(g.t("link_successors"), g.plan.outgoing.get(task.id) || [], (link) => link.to),
    ];
  }

  row(link, other, fill) {
    const { g } = this;
    const name = `${other.wbs || ""} ${other.name}`.trim();
    const type = this.typeField(link.type, `${g.t("link_type")}: ${name}`);
    const lag = this.lagField(link.lag, `${g.t("link_lag")}: ${name}`);
    const remove = make("button", { type: "button", class: "gantt-button", "aria-label": `${g.t("link_remove")}: ${name}`, title: g.t("link_remove") }, icon("unlink"));
    const change = async () => {
      const minutes = this.readLag(lag.value);
      if (minutes === null) return;
      await g.actions.changeLink(link, { type: type.value, lag: minutes });
      fill();
    };
    type.addEventListener("change", change);
    lag.addEventListener("change", change);
    remove.addEventListener("click", async () => {
      await g.actions.removeLink(link.id);
      const isAtWork = document.activeElement?.matches("input, select") && !document.activeElement.closest("li");
      fill();
      if (!isAtWork) document.getElementById("gantt-link-other")?.focus();
    });
    for (const field of [type, lag, remove]) field.disabled = !g.canEdit;
    return make("li", {}, make("span", { class: "gantt-link-name", text: name, title: name }), type, lag, remove);
  }

  /** Ask for type and lag of a link between two tasks, and make it; a refusal is said here. */
  join(from, to) {
    const { g } = this;
    const { t } = g;
    const type = this.typeField("FS", t("link_type"));
    const lag = this.lagField(0, t("link_lag"));
    const error = make("p", { class: "gantt-details-error", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      const minutes = this.readLag(lag.value);
      if (minutes === null) return;
      const refusal = g.actions.refusalOf({ from: from.id, to: to.id });
      error.textContent = refusal ? t(refusal) : "";
      if (refusal) return;
      const refused = (errors) => void (error.textContent = errors.map((each) => each.message).join(" ")) || [];
      if (await g.actions.addLink({ from: from.id, to: to.id, type: type.value, lag: minutes }, { refused })) dialog.close();
    };
    const row = make("div", { class: "gantt-link-row" }, type, make("span", { class: "gantt-link-lag", "aria-hidden": "true", text: t("link_lag") }), lag, make("button", { type: "submit", class: "gantt-button is-primary has-word", text: t("link_add") }));
    const form = make("form", { class: "gantt-link-form", on: { submit } }, make("p", { class: "gantt-link-ends", text: `${from.wbs || ""} ${from.name} → ${to.wbs || ""} ${to.name}` }), row, error);
    const dialog = this.open(t("link_add"), form);
    type.focus();
  }

  typeField(value, label) {
    const field = make("select", { class: "gantt-select", "aria-label": label }, ...TYPES.map((type) => make("option", { value: type, text: `${type} · ${this.g.t(type.toLowerCase())}` })));
    field.value = value;
    return field;
  }

  lagField(minutes, label) {
    const field = make("input", { class: "gantt-field is-short", type: "text", inputmode: "decimal", "aria-label": label, title: this.g.t("link_lag") });
    field.value = String(Math.round((minutes / this.g.plan.calendar.minutesPerDay) * 100) / 100);
    return field;
  }

  /** "1.5" or "-2" days → working minutes; null after telling that it was not understood. */
  readLag(text) {
    const trimmed = text.trim().replace("−", "-");
    const minutes = readDuration(trimmed.replace(/^[-+]/, "") || "0", this.g.plan.calendar.minutesPerDay);
    if (minutes === null) this.g.toasts.error(this.g.t("error_duration", { value: text }));
    return minutes !== null && trimmed.startsWith("-") ? -minutes : minutes;
  }

  form(task, fill) {
    const { g } = this;
    const { t } = g;
    const choices = make("datalist", { id: "gantt-link-choices" });
    const other = make("input", { class: "gantt-field", list: "gantt-link-choices", placeholder: t("link_hint"), autocomplete: "off", required: true, id: "gantt-link-other" });
    const direction = make("select", { class: "gantt-select", "aria-label": t("link_direction") }, make("option", { value: "before", text: t("link_before") }), make("option", { value: "after", text: t("link_after") }));
    const type = this.typeField("FS", t("link_type"));
    const lag = this.lagField(0, t("link_lag"));
    const offer = () => choices.replaceChildren(...this.matching(other.value, task).map((each) => make("option", { value: `${each.wbs || each.id} ${each.name}` })));
    other.addEventListener("input", offer);
    offer();
    const submit = async (event) => {
      event.preventDefault();
      const found = this.find(other.value, task);
      const minutes = this.readLag(lag.value);
      if (!found) g.toasts.error(t("link_unknown"));
      if (!found || minutes === null) return;
      const ends = direction.value === "before" ? { from: found.id, to: task.id } : { from: task.id, to: found.id };
      const typed = other.value;
      if (!(await g.actions.addLink({ ...ends, type: type.value, lag: minutes }))) return;
      if (other.value === typed) other.value = ""; // the next one may be under way already
      offer();
      fill();
    };
    return make(
      "form",
      { class: "gantt-link-form", on: { submit } },
      make("h3", { text: t("link_add") }),
      make("div", { class: "gantt-link-row" }, make("label", { for: "gantt-link-other", text: t("link_other") }), other, choices),
      make("div", { class: "gantt-link-row" }, direction, type, make("span", { class: "gantt-link-lag", "aria-hidden": "true", text: t("link_lag") }), lag, make("button", { type: "submit", class: "gantt-button is-primary has-word", text: t("link_add") })),
    );
  }

  matching(text, task) {
    const wanted = text.trim().toLowerCase();
    const found = [];
    for (const each of this.g.plan.tasks.values()) {
      if (each.id === task.id || each.is_summary) continue;
      if (!wanted || `${each.wbs || each.id} ${each.name}`.toLowerCase().includes(wanted)) found.push(each);
      if (found.length >= OFFERED) break;
    }
    return found;
  }

  /** The task meant by "1.2 Name", a number, or a name that only one task has. */
  find(text, task) {
    const wanted = text.trim().toLowerCase();
    const all = [...this.g.plan.tasks.values()].filter((each) => each.id !== task.id);
    const exact = all.find((each) => `${each.wbs || each.id} ${each.name}`.toLowerCase() === wanted || String(each.wbs) === wanted);
    if (exact) return exact;
    const named = all.filter((each) => each.name.toLowerCase() === wanted);
    const holding = named.length ? named : all.filter((each) => wanted && each.name.toLowerCase().includes(wanted));
    return holding.length === 1 ? holding[0] : null;
  }
}
