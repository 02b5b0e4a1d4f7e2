/** Typing into a cell of the task table. Enter keeps, Escape drops; Enter that ends an input method's composition does neither. */
import { COLUMNS } from "./columns.js";
import { make } from "./dom.js";

export class Editor {
  constructor(g) {
    this.g = g;
    this.input = null;
  }

  get isOpen() {
    return this.input !== null;
  }

  canEdit(task, key) {
    const edit = COLUMNS[key]?.edit;
    return Boolean(this.g.canEdit && edit && edit.can(task));
  }

  /** Open a cell for typing; does nothing where nothing can be typed. */
  open(task, key) {
    const { g } = this;
    if (this.isOpen) return;
    if (key === "assignee" && g.canEdit && !task.is_summary) return g.openTask(task, key); // chosen from a list beside the picture
    if (!this.canEdit(task, key)) return;
    g.actions.flush();
    g.select(task.id, { column: g.columns.indexOf(key) });
    g.drawNow();
    const cell = g.tree.rowElement(task)?.children[g.columns.indexOf(key)];
    if (!cell) return;
    const value = COLUMNS[key].edit.value(task, g);
    this.input = make("input", { class: "gantt-input", type: "text", "aria-label": `${g.t(key)}: ${task.name}`, maxlength: key === "name" ? 300 : 20, autocomplete: "off", inputmode: key === "percent" ? "numeric" : null });
    this.input.value = value;
    this.session = { task, key, value };
    const row = cell.parentElement;
    this.input.style.left = `${cell.offsetLeft + (key === "name" ? cell.querySelector(".gantt-name").offsetLeft - cell.offsetLeft - 6 : 0)}px`;
    this.input.style.width = `${cell.offsetLeft + cell.offsetWidth - this.input.style.left.replace("px", "")}px`;
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close(true, false));
    row.append(this.input);
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  press(event) {
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.close(true, true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close(false, true);
    }
  }

  close(isKept, isBackToTable) {
    if (!this.isOpen) return;
    const { input, session, g } = this;
    const text = input.value;
    this.input = null;
    input.remove();
    if (isBackToTable) g.tree.grid.focus({ preventScroll: true });
    const isNew = session.task.isDraft && !session.task.isSent;
    const isTaken = isKept && (text === session.value && !isNew ? true : this.keep(session, text));
    if (isKept && !isTaken && isBackToTable) this.again(session, text);
    else if (isNew && !isTaken) g.actions.forgetTask(session.task);
    g.refresh();
    g.catchUp();
  }

  keep({ task, key }, text) {
    const { g } = this;
    const { read, change } = COLUMNS[key].edit;
    const value = read(text, task, g);
    if (value === null) g.toasts.error(g.t(key === "name" ? "error_value" : `error_${key}`, { value: text }));
    else if (task.isDraft && !task.isSent) void g.actions.makeTask(task, value);
    else g.actions.change(task, change(value));
    return value !== null;
  }

  /** What was not understood stays, to be mended. */
  again({ task, key }, text) {
    this.open(task, key);
    if (!this.isOpen) return;
    this.input.value = text;
    this.input.setAttribute("aria-invalid", "true");
    this.input.select();
  }
}
