/** The task table: a treegrid of which only the visible rows exist. It carries in words all that the picture shows. */
import { COLUMNS, describe } from "./columns.js";
import { icon, make } from "./dom.js";
import { ROW } from "./geometry.js";

const INDENT = 16;

export class Tree {
  constructor(g) {
    this.g = g;
    this.pool = [];
    this.head = make("div", { class: "gantt-tree-head", role: "row", "aria-rowindex": "1" });
    this.body = make("div", { class: "gantt-tree-body", role: "rowgroup" });
    const headGroup = make("div", { role: "rowgroup", class: "gantt-tree-headgroup" }, this.head);
    this.grid = make("div", { class: "gantt-tree-grid", role: "treegrid", tabindex: "0" }, headGroup, this.body);
    this.element = make("div", { class: "gantt-tree" }, this.grid);
    this.body.addEventListener("pointerdown", (event) => this.press(event));
    this.body.addEventListener("dblclick", (event) => this.pressTwice(event));
    this.body.addEventListener("pointermove", (event) => this.g.hoverRow(this.taskOf(event)));
    this.body.addEventListener("pointerleave", () => this.g.hoverRow(null));
    for (const box of [this.grid, this.body]) box.addEventListener("scroll", () => this.giveBack(box));
    this.grid.addEventListener("focus", () => this.g.refresh());
    this.grid.addEventListener("blur", () => this.g.refresh());
  }

  /** Lay out the chosen columns anew. */
  layout() {
    const { columns, t } = this.g;
    this.grid.setAttribute("aria-label", t("task_table", { project: this.g.plan.project.name }));
    this.grid.setAttribute("aria-colcount", String(columns.length));
    this.grid.style.setProperty("--gantt-columns", columns.map((key) => (key === "name" ? `minmax(${COLUMNS[key].width}px, 1fr)` : `${COLUMNS[key].width}px`)).join(" "));
    this.grid.style.minWidth = `${this.width()}px`;
    this.head.replaceChildren(
      ...columns.map((key, index) =>
        make("div", { role: "columnheader", class: `gantt-cell gantt-cell-${key}${COLUMNS[key].isNumber ? " is-number" : ""}`, "aria-colindex": index + 1, text: t(key) }),
      ),
    );
    this.body.replaceChildren();
    this.pool = [];
  }

  /** A browser that brings a row into view scrolls what lies nearest; table and bars scroll together or not at all. */
  giveBack(box) {
    const top = box.scrollTop;
    if (!top) return;
    box.scrollTop = 0;
    this.g.scroller.scrollTop += top;
  }

  /** Scroll sideways until a cell is seen. */
  bringColumn(column) {
    if (column < 0) return;
    const cell = this.head.children[column];
    if (!cell) return;
    const [left, right, room] = [cell.offsetLeft, cell.offsetLeft + cell.offsetWidth, this.element.clientWidth];
    if (right > this.element.scrollLeft + room) this.element.scrollLeft = right - room;
    if (left < this.element.scrollLeft) this.element.scrollLeft = left;
  }

  width() {
    return this.g.columns.reduce((sum, key) => sum + COLUMNS[key].width, 0);
  }

  taskOf(event) {
    const row = event.target.closest(".gantt-row");
    return row ? this.g.taskOfKey(row.dataset.task) : null;
  }

  press(event) {
    const task = this.taskOf(event);
    if (!task || event.target.closest("input")) return;
    if (event.target.closest(".gantt-toggle") && this.g.plan.hasChildren(task.id)) {
      event.preventDefault();
      this.g.toggle(task.id);
      this.grid.focus({ preventScroll: true });
      return;
    }
    const cell = event.target.closest(".gantt-cell");
    const index = cell ? [...cell.parentElement.children].indexOf(cell) : -1;
    this.g.select(task.id, { column: index });
  }

  pressTwice(event) {
    const task = this.taskOf(event);
    const cell = event.target.closest(".gantt-cell");
    if (task && cell && !event.target.closest(".gantt-toggle")) this.g.editor.open(task, this.g.columns[[...cell.parentElement.children].indexOf(cell)]);
  }

  makeRow() {
    const row = make("div", { role: "row", class: "gantt-row" });
    this.g.columns.forEach((key, index) => {
      const cell = make("div", { role: "gridcell", class: `gantt-cell gantt-cell-${key}${COLUMNS[key].isNumber ? " is-number" : ""}`, "aria-colindex": index + 1 });
      if (key === "name") {
        cell.append(make("span", { class: "gantt-toggle" }, icon("chevron-right")), make("span", { class: "gantt-name" }), make("span", { class: "gantt-flags", "aria-hidden": "true" }), make("span", { class: "gantt-sr" }));
      }
      row.append(cell);
    });
    this.body.append(row);
    return row;
  }

  /** Show rows first to last; each pool row is filled again only when what it says has changed. */
  draw(first, last, top) {
    const { plan, selectedId } = this.g;
    this.grid.setAttribute("aria-rowcount", String(plan.rows.length + 1));
    let used = 0;
    for (let row = first; row <= last; row++, used++) {
      const element = this.pool[used] || (this.pool[used] = this.makeRow());
      this.fill(element, plan.rows[row], row);
      const y = `translateY(${row * ROW - top}px)`;
      if (element.style.transform !== y) element.style.transform = y;
    }
    for (; used < this.pool.length; used++) this.pool[used].hidden = true;
    this.pointAt(plan.tasks.get(selectedId), first, last);
  }

  /** Tell assistive technology which row or cell is current. */
  pointAt(task, first, last) {
    const { columns, column } = this.g;
    if (!task || task.row < first || task.row > last) {
      this.grid.removeAttribute("aria-activedescendant");
      return;
    }
    const id = column >= 0 && column < columns.length ? `gantt-cell-${task.id}-${columns[column]}` : `gantt-row-${task.id}`;
    if (this.grid.getAttribute("aria-activedescendant") !== id) this.grid.setAttribute("aria-activedescendant", id);
  }

  fill(element, task, row) {
    const { g } = this;
    const at = g.shown(task);
    const isSelected = task.id === g.selectedId;
    const isOpen = !g.collapsed.has(task.id);
    const key = `${g.revision}|${task.id}|${row}|${at.start}|${at.finish}|${isSelected}|${isSelected ? g.column : ""}|${isOpen}|${task.id === g.hoveredTask?.id}|${g.isEndangered(task)}`;
    if (element.gantt === key && !element.hidden) return;
    element.gantt = key;
    element.hidden = false;
    element.id = `gantt-row-${task.id}`;
    element.dataset.task = task.id;
    element.className = "gantt-row";
    element.classList.toggle("is-summary", Boolean(task.is_summary));
    element.classList.toggle("is-critical", Boolean(g.options.critical && task.is_critical));
    element.classList.toggle("is-draft", Boolean(task.isDraft));
    element.classList.toggle("is-hovered", task.id === g.hoveredTask?.id);
    element.classList.toggle("is-moved", at !== task && !g.compare.place(task));
    const attributes = { "aria-rowindex": row + 2, "aria-level": task.level, "aria-posinset": task.position, "aria-setsize": task.siblings, "aria-selected": isSelected };
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (g.plan.hasChildren(task.id)) element.setAttribute("aria-expanded", String(isOpen));
    else element.removeAttribute("aria-expanded");
    g.columns.forEach((column, index) => this.fillCell(element.children[index], task, column, isSelected && g.column === index));
  }

  fillCell(cell, task, column, isActive) {
    const { g } = this;
    cell.id = `gantt-cell-${task.id}-${column}`;
    cell.classList.toggle("is-active", isActive);
    const text = COLUMNS[column].text(task, g);
    if (column !== "name") {
      if (cell.textContent !== text) cell.textContent = text;
      if (column === "predecessors" || column === "assignee") cell.title = text;
      return;
    }
    const [toggle, name, flags, words] = cell.children;
    cell.style.paddingInlineStart = `${(task.level - 1) * INDENT + 4}px`;
    toggle.classList.toggle("is-leaf", !g.plan.hasChildren(task.id));
    toggle.classList.toggle("is-open", !g.collapsed.has(task.id));
    name.textContent = text;
    name.title = text;
    this.fillFlags(flags, task);
    words.textContent = describe(g, task).join("; ");
  }

  fillFlags(flags, task) {
    const marks = [];
    if (task.interface && task.interface.state !== "ok") marks.push(["bolt", task.interface.state]);
    if (this.g.isEndangered(task)) marks.push(["flag", "endangered"]);
    flags.replaceChildren(
      ...marks.map(([name, state]) => {
        const mark = icon(name);
        mark.classList.add(`is-${state}`);
        return mark;
      }),
    );
  }

  rowElement(task) {
    return this.pool.find((element) => !element.hidden && element.dataset.task === String(task.id));
  }
}

