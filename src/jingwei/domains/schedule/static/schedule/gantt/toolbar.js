/** The bar of tools above, the legend below, and the divider between table and picture. */
import { COLUMNS } from "./columns.js";
import { icon, make } from "./dom.js";
import { savePicture } from "./paper.js";
import { LEVELS } from "./scale.js";

const LEGEND = ["task", "critical", "summary", "milestone", "baseline", "float", "deadline", "endangered", "interface", "today", "data_date", "rest"];

export class Toolbar {
  constructor(g) {
    this.g = g;
    const { t } = g;
    this.undo = this.button("arrow-back-up", "undo", () => g.actions.undo(), "Ctrl+Z");
    this.redo = this.button("arrow-forward-up", "redo", () => g.actions.redo(), "Ctrl+Y");
    this.level = make("select", { class: "gantt-select", "aria-label": t("zoom"), on: { change: () => g.zoomToLevel(this.level.value) } });
    this.level.append(...LEVELS.map(({ key }) => make("option", { value: key, text: t(key) })));
    this.notice = make("span", { class: "gantt-notice", hidden: true });
    this.busy = make("span", { class: "gantt-busy", role: "status" });
    this.toggles = Object.fromEntries(["critical", "float", "baseline", "links", "load"].map((name) => [name, this.toggle(name)]));
    this.compare = this.wordButton("compare", () => g.compare.toggle());
    this.element = make(
      "div",
      { class: "gantt-toolbar", role: "toolbar", "aria-label": t("toolbar") },
      g.places.commitUrl && g.canEdit ? this.group(this.undo, this.redo) : null,
      g.places.commitUrl && g.canEdit ? this.taskTools() : null,
      this.group(this.button("fold", "collapse_all", () => g.collapseAll(true)), this.button("list-tree", "expand_all", () => g.collapseAll(false))),
      this.group(this.button("zoom-out", "zoom_out", () => g.zoomBy(1 / 1.5), "−"), this.level, this.button("zoom-in", "zoom_in", () => g.zoomBy(1.5), "+")),
      this.group(this.wordButton("zoom_fit", () => g.zoomToFit(), "0"), this.wordButton("zoom_today", () => g.showToday())),
      this.group(...Object.values(this.toggles), this.compare),
      make("span", { class: "gantt-spring" }),
      this.busy,
      this.group(this.columnsMenu(), this.button("info", "legend", () => this.toggleLegend()), this.button("keyboard", "shortcuts", () => g.dialogs.shortcuts(), "?"), this.button("photo", "picture", () => savePicture(g)), this.button("printer", "print", () => (g.places.printUrl ? window.location.assign(g.places.printUrl) : window.print()))),
    );
    this.legend = this.makeLegend();
    this.footer = make("div", { class: "gantt-footer" }, this.legend, this.notice);
  }

  /** What can be done to the chosen task, for hands that know no keys. */
  taskTools() {
    const { g } = this;
    const chosen = (run) => () => {
      const task = g.plan.tasks.get(g.selectedId);
      if (task) run(task);
    };
    return this.group(
      g.places.canAdd === "false" ? null : this.button("plus", "new_task_below", () => g.actions.addTask(g.plan.tasks.get(g.selectedId)), "N"),
      this.button("chevrons-left", "outdent", chosen((task) => g.keyboard.outdent(task)), "Ctrl+["),
      this.button("chevrons-right", "indent", chosen((task) => g.keyboard.indent(task)), "Ctrl+]"),
      this.button("link", "edit_links", chosen((task) => g.dialogs.links(task)), "L"),
      this.button("adjustments", "details", chosen((task) => g.openTask(task)), "D"),
      g.places.canDelete === "false" ? null : this.button("trash", "delete", chosen((task) => g.actions.removeTask(task)), "Delete"),
    );
  }

  group(...children) {
    return make("div", { class: "gantt-group" }, ...children);
  }

  button(name, key, run, keys = "") {
    const label = this.g.t(key);
    return make("button", { type: "button", class: "gantt-button", "aria-label": label, title: keys ? `${label} (${keys})` : label, on: { click: run } }, icon(name));
  }

  wordButton(key, run, keys = "") {
    const label = this.g.t(key);
    return make("button", { type: "button", class: "gantt-button has-word", title: keys ? `${label} (${keys})` : label, text: label, on: { click: run } });
  }

  toggle(name) {
    const { g } = this;
    const key = { critical: "critical_path", float: "float_bars", load: "load" }[name] || name;
    const press = () => g.setOption(name, !g.options[name]);
    return make("button", { type: "button", class: `gantt-button has-word gantt-toggle-${name}`, "aria-pressed": "false", on: { click: press } }, make("span", { class: "gantt-dot", "aria-hidden": "true" }), g.t(key));
  }

  columnsMenu() {
    const { g } = this;
    const boxes = Object.keys(COLUMNS).filter((key) => key !== "name").map((key) => {
      const box = make("input", { type: "checkbox", value: key });
      box.checked = g.columns.includes(key);
      box.addEventListener("change", () => g.showColumn(key, box.checked));
      return make("label", { class: "gantt-check" }, box, g.t(key));
    });
    this.panel = make("div", { class: "gantt-panel", role: "group", "aria-label": g.t("columns"), hidden: true }, ...boxes);
    const button = this.button("columns", "columns", () => this.openPanel(button, this.panel.hidden));
    button.setAttribute("aria-expanded", "false");
    document.addEventListener("pointerdown", (event) => !event.target.closest?.(".gantt-menu") && this.openPanel(button, false));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.openPanel(button, false);
      button.focus();
    });
    return make("div", { class: "gantt-menu" }, button, this.panel);
  }

  openPanel(button, isOpen) {
    this.panel.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  }

  makeLegend() {
    const { t } = this.g;
    return make("ul", { class: "gantt-legend", "aria-label": t("legend") }, ...LEGEND.map((key) => make("li", {}, make("span", { class: `gantt-swatch is-${key.replace("_", "-")}`, "aria-hidden": "true" }), t(`legend_${key}`))));
  }

  toggleLegend() {
    this.g.setOption("legend", !this.g.options.legend);
  }

  /** Show the state of things on the buttons. */
  update() {
    const { g } = this;
    this.undo.disabled = !g.history.canUndo;
    this.redo.disabled = !g.history.canRedo;
    if (this.level.value !== g.scale.level) this.level.value = g.scale.level;
    for (const [name, button] of Object.entries(this.toggles)) button.setAttribute("aria-pressed", String(g.options[name]));
    this.toggles.baseline.hidden = !g.plan?.project.baseline;
    this.compare.hidden = this.toggles.baseline.hidden || !g.places.baselinesUrl;
    const years = g.plan?.tasks.size ? g.plan.project.provisional_years || [] : [];
    this.legend.hidden = !g.options.legend;
    this.notice.hidden = years.length === 0;
    this.footer.hidden = !g.plan?.tasks.size || (this.legend.hidden && this.notice.hidden);
    this.notice.textContent = years.length ? g.t("provisional", { years: years.join(", ") }) : "";
  }
}

/** The divider: dragged with the pointer, or moved with the arrow keys. */
export function makeDivider(g) {
  const divider = make("div", { class: "gantt-divider", role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-label": g.t("resize_panes") });
  const resize = (width) => g.setTreeWidth(width);
  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    const offset = event.clientX - g.treeWidth;
    const move = (moved) => resize(moved.clientX - offset);
    divider.addEventListener("pointermove", move);
    divider.addEventListener("lostpointercapture", () => divider.removeEventListener("pointermove", move), { once: true });
  });
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    resize(g.treeWidth + step);
  });
  return divider;
}
