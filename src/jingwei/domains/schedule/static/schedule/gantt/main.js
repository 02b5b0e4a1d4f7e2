/**
 * The Gantt: brings plan, table and picture together on <div id="gantt" data-url data-preview-url data-commit-url data-undo-url
 * data-can-edit data-locale data-csrf [data-create-url] [data-icons-url]>.
 *
 * Listens to `jingwei:plan-changed` on document (fetches anew; place, choice and closed branches stay).
 * States on the host: `jingwei:task-selected` and `jingwei:task-open` with detail {id}.
 */
import { Actions } from "./actions.js";
import { COLUMNS, FIRST_SHOWN } from "./columns.js";
import { CHANGE_COLUMNS, Compare } from "./compare.js";
import { Connectors } from "./connectors.js";
import { Details } from "./details.js";
import { Dialogs } from "./dialogs.js";
import { make, memory, useIcons } from "./dom.js";
import { Editor } from "./editor.js";
import { Geometry, HEAD, ROW } from "./geometry.js";
import { History } from "./history.js";
import { Keyboard } from "./keyboard.js";
import { Plan } from "./model.js";
import { Painter, readColours } from "./paint.js";
import { PRINTED_ROWS, watchPrinting } from "./paper.js";
import { Load } from "./load.js";
import { Pointer } from "./pointer.js";
import { LEVELS, Scale } from "./scale.js";
import { Server } from "./server.js";
import { readStrings } from "./strings.js";
import { Hint, Toasts } from "./toasts.js";
import { Toolbar, makeDivider } from "./toolbar.js";
import { Tree } from "./tree.js";
import { zooming } from "./zoom.js";

const NARROW = 640;

export class Gantt {
  constructor(host) {
    this.host = host;
    this.places = { ...host.dataset };
    this.canEdit = host.dataset.canEdit === "true";
    this.t = readStrings();
    useIcons(host.dataset.iconsUrl);
    this.shown = (task) => this.preview?.get(task.id) || this.compare.place(task) || task;
    Object.assign(this, { plan: null, preview: null, drag: null, hoveredTask: null, hoveredLink: null, selectedLink: null, selectedId: null, column: -1, revision: 0, isStale: false });
    this.collapsed = new Set();
    const isNarrow = host.clientWidth < NARROW;
    this.options = { critical: true, float: true, load: false, baseline: true, links: true, legend: !isNarrow, ...memory.get("options") };
    this.columns = isNarrow ? ["name"] : (memory.get("columns") || FIRST_SHOWN).filter((key) => COLUMNS[key]);
    this.scale = new Scale(host.dataset.locale || "en");
    this.server = new Server({ url: host.dataset.url, previewUrl: host.dataset.previewUrl, commitUrl: host.dataset.commitUrl, undoUrl: host.dataset.undoUrl, csrf: host.dataset.csrf });
    this.history = new History(() => this.toolbar.update());
    this.actions = new Actions(this);
    this.connectors = new Connectors(this);
    this.compare = new Compare(this);
    this.dialogs = new Dialogs(this);
    this.details = new Details(this);
    this.personLoad = new Load(this);
    this.build();
    this.watch();
  }

  build() {
    const { host } = this;
    host.classList.add("gantt");
    this.toasts = new Toasts(this);
    this.hint = new Hint(this);
    this.toolbar = new Toolbar(this);
    this.editor = new Editor(this);
    this.tree = new Tree(this);
    const canvas = make("canvas", { class: "gantt-canvas", "aria-hidden": "true" });
    this.divider = makeDivider(this);
    this.effect = make("div", { class: "gantt-effect", hidden: true, "aria-hidden": "true" });
    this.stage = make("div", { class: "gantt-stage" }, this.tree.element, this.divider, canvas, this.hint.element, this.effect);
    this.size = make("div", { class: "gantt-size" }, this.stage);
    this.scroller = make("div", { class: "gantt-scroller" }, this.size);
    this.message = make("div", { class: "gantt-message", role: "status", text: this.t("loading") });
    this.live = make("div", { class: "gantt-sr", "aria-live": "polite" });
    host.replaceChildren(this.toolbar.element, this.compare.element, this.scroller, this.personLoad.element, this.message, this.toolbar.footer, this.details.element, this.toasts.stack, this.live);
    this.scroller.hidden = true;
    this.painter = new Painter(this, canvas);
    this.pointer = new Pointer(this, canvas);
    this.keyboard = new Keyboard(this);
    this.colours = readColours(host);
  }

  watch() {
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.scroller);
    const repaint = () => {
      this.colours = readColours(this.host);
      this.refresh();
    };
    new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme", "class"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    document.fonts?.ready.then(repaint);
    document.addEventListener("jingwei:plan-changed", () => this.noticeChange());
    watchPrinting(this);
  }

  async load() {
    try {
      this.show(await this.server.load());
    } catch (error) {
      console.error(error);
      const text = this.t(error.kind === "offline" ? "error_offline" : error.kind === "denied" ? "error_denied" : "error_load");
      this.message.hidden = false;
      this.message.replaceChildren(make("p", { text }), make("button", { type: "button", class: "gantt-button is-primary has-word", text: this.t("retry"), on: { click: () => this.load() } }));
    }
    return this;
  }

  /** Show a plan for the first time. */
  show(contract) {
    const started = performance.now();
    const plan = new Plan(contract);
    this.plan = plan;
    this.message.hidden = plan.tasks.size > 0;
    this.scroller.hidden = plan.tasks.size === 0;
    this.toolbar.element.hidden = plan.tasks.size === 0;
    if (!plan.tasks.size) return this.showEmpty();
    this.message.classList.remove("is-empty");
    this.treeWidth = memory.get("tree-width") || this.firstTreeWidth();
    this.tree.layout();
    plan.flatten(this.collapsed);
    this.resize();
    const remembered = memory.get(`day-width.${plan.project.id}`);
    this.scale.setDayWidth(remembered || Math.min(LEVELS[1].dayWidth, Math.max(LEVELS[3].dayWidth, this.scale.dayWidthToFit(this.chartWidth))));
    this.resize();
    this.selectedId = plan.rows[0]?.id ?? null;
    this.showFirst();
    this.drawNow();
    this.host.dataset.paintMs = (performance.now() - started).toFixed(1);
    this.host.dataset.state = "ready";
    this.toolbar.update();
    this.compareAsAsked();
  }

  /** `?compare=` in the address opens the comparison with that state: a baseline, or a levelling preview (below zero). */
  compareAsAsked() {
    const asked = Number(new URLSearchParams(window.location.search).get("compare"));
    if (!asked || !this.compare.baselines.some(({ id }) => id === asked)) return;
    this.compare.below = asked;
    this.compare.toggle();
  }

  /** As many whole columns as fit into half of the room. */
  firstTreeWidth() {
    const room = this.host.clientWidth;
    if (room < NARROW) return Math.round(room * 0.42);
    let width = 0;
    for (const key of this.columns) {
      if (width + COLUMNS[key].width > room * 0.5) break;
      width += COLUMNS[key].width;
    }
    return width;
  }

  /** Begin a little before today, or at the start of the plan when today is not in it. */
  showFirst() {
    const [low, high] = this.plan.range();
    const { today } = this.plan;
    const at = today !== null && today > low && today < high ? today : low;
    this.scroller.scrollLeft = Math.max(0, this.scale.x(at) - (at === low ? 40 : this.chartWidth / 3));
  }

  showEmpty() {
    const { createUrl } = this.places;
    this.message.replaceChildren(
      make("h2", { text: this.t("empty_title") }),
      make("p", { text: this.t("empty_hint") }),
      createUrl && this.canEdit ? make("a", { class: "gantt-button is-primary has-word", href: createUrl, text: this.t("empty_action") }) : null,
    );
    this.message.classList.add("is-empty");
    this.toolbar.footer.hidden = true;
    this.host.dataset.state = "empty";
  }

  /** Fetch the plan anew and keep place, choice and closed branches. */
  async reload() {
    this.isStale = false;
    let contract;
    try {
      contract = await this.server.load();
    } catch (error) {
      this.toasts.error(this.t(error.kind === "offline" ? "error_offline" : "error_load"));
      return;
    }
    if (!this.plan || !this.plan.tasks.size) return this.show(contract);
    const [top, anchor] = [this.scroller.scrollTop, this.scale.minute(this.scroller.scrollLeft)];
    const { drafts } = this.plan;
    this.plan = new Plan(contract);
    this.plan.keepDrafts(drafts);
    this.planChanged();
    this.scroller.scrollTop = top;
    this.scroller.scrollLeft = this.scale.x(anchor);
    this.actions.project();
    this.drawNow();
  }

  noticeChange() {
    this.isStale = true;
    clearTimeout(this.changeTimer);
    this.changeTimer = setTimeout(() => this.catchUp(), 250);
  }

  /** Fetch what was missed while hands were busy. */
  catchUp() {
    if (!this.isStale || this.drag || this.editor.isOpen || this.actions.isBusy) return;
    this.reload();
  }

  /** Tasks or links of the plan are others now. */
  planChanged() {
    this.revision += 1;
    this.compare.apply();
    this.plan.flatten(this.collapsed);
    const { rows } = this.plan;
    if (!this.plan.tasks.has(this.selectedId)) this.selectedId = rows[Math.min(this.selectedRow ?? 0, rows.length - 1)]?.id ?? null; // what came to stand where the chosen one was
    this.selectedRow = this.plan.tasks.get(this.selectedId)?.row;
    this.hoveredTask = null;
    this.resize();
    this.toolbar.update();
    this.details.follow();
  }

  taskOfKey(key) {
    return this.plan.tasks.get(key) || this.plan.tasks.get(Number(key));
  }

  isEndangered(task) {
    if (task.deadline === null) return false;
    const at = this.preview?.get(task.id);
    return at ? at.finish > task.deadline : Boolean(task.is_endangered);
  }

  // choice and place

  /** @param how {column?, isKept?}: the cell chosen, and whether the row is left where it is on screen */
  select(id, { column = this.column, isKept = false } = {}) {
    const hasChanged = this.selectedId !== id;
    if (hasChanged) this.actions.flush();
    Object.assign(this, { selectedId: id, column });
    const task = this.plan.tasks.get(id);
    this.selectedRow = task.row;
    if (!isKept && task.row >= 0) this.bringRow(task.row);
    if (hasChanged) this.host.dispatchEvent(new CustomEvent("jingwei:task-selected", { bubbles: true, detail: { id } }));
    if (hasChanged) this.details.follow();
    this.tree.bringColumn(column);
    this.refresh();
  }

  selectRow(row) {
    if (this.plan.rows[row]) this.select(this.plan.rows[row].id);
  }

  bringRow(row) {
    const [y, room] = [row * ROW, this.viewHeight - HEAD];
    if (y < this.scroller.scrollTop) this.scroller.scrollTop = y;
    else if (y + ROW > this.scroller.scrollTop + room) this.scroller.scrollTop = y + ROW - room;
  }

  /** Bring a task's bar into the picture when it is outside. */
  showBar(task) {
    const at = this.shown(task);
    if (at.start === null) return;
    const [x, left] = [this.scale.x(at.start), this.scroller.scrollLeft];
    if (x < left + 20 || x > left + this.chartWidth - 60) this.scroller.scrollLeft = x - this.chartWidth / 4;
  }

  /** Choose a task, open the branches above it, and bring row and bar into view. */
  reveal(task) {
    let isHidden = false;
    for (let up = this.plan.tasks.get(task.parent); up; up = this.plan.tasks.get(up.parent)) isHidden = this.collapsed.delete(up.id) || isHidden;
    if (isHidden) this.planChanged();
    this.select(task.id);
    this.showBar(task);
  }

  showToday() {
    this.scroller.scrollLeft = this.scale.x(this.plan.today ?? this.plan.range()[0]) - this.chartWidth / 3;
  }

  openTask(task, field = "") {
    this.select(task.id);
    this.details.open(task, field);
    this.host.dispatchEvent(new CustomEvent("jingwei:task-open", { bubbles: true, detail: { id: task.id } }));
  }

  hoverRow(task) {
    if (this.hoveredTask === task) return;
    this.hoveredTask = task;
    this.refresh();
  }

  toggle(id) {
    if (this.collapsed.has(id)) this.collapsed.delete(id);
    else this.collapsed.add(id);
    this.planChanged();
  }

  collapseAll(isClosed) {
    this.collapsed = new Set(isClosed ? [...this.plan.children.keys()].filter((id) => id !== null) : []);
    let task = this.plan.tasks.get(this.selectedId);
    while (isClosed && task && this.plan.tasks.has(task.parent)) task = this.plan.tasks.get(task.parent);
    if (task) this.selectedId = task.id;
    this.planChanged();
  }

  // options

  setOption(name, value) {
    this.options[name] = value;
    memory.set("options", this.options);
    this.revision += 1;
    this.toolbar.update();
    this.refresh();
  }

  showColumn(key, isShown) {
    this.setColumns(Object.keys(COLUMNS).filter((each) => (each === key ? isShown : this.columns.includes(each))));
  }

  setColumns(columns) {
    this.columns = Object.keys(COLUMNS).filter((each) => columns.includes(each));
    this.column = -1;
    memory.set("columns", this.columns.filter((each) => !CHANGE_COLUMNS.includes(each)));
    this.tree.layout();
    this.revision += 1;
    this.refresh();
  }

  setTreeWidth(width) {
    this.treeWidth = Math.round(Math.max(120, Math.min(this.scroller.clientWidth - 160, width)));
    memory.set("tree-width", this.treeWidth);
    this.resize();
  }

  setBusy(isBusy) {
    this.toolbar.busy.textContent = isBusy ? this.t("saving") : "";
    this.host.setAttribute("aria-busy", String(isBusy));
  }

  showEffect(text, isWarning = false) {
    this.effect.hidden = !text;
    this.effect.textContent = text;
    this.effect.classList.toggle("is-warning", isWarning);
    this.effect.classList.toggle("is-above", Boolean(this.pointer.press && this.pointer.press.at.y > this.viewHeight / 2)); // never under the hand
  }

  announce(text) {
    this.live.textContent = text;
  }

  // drawing

  resize() {
    if (!this.plan || this.scroller.hidden) return;
    const { scroller, size } = this;
    this.viewHeight = this.isPrinting ? HEAD + Math.min(PRINTED_ROWS, this.plan.rows.length) * ROW : scroller.clientHeight;
    this.treeWidth = Math.min(this.treeWidth, Math.max(120, scroller.clientWidth - 160));
    this.chartWidth = Math.max(100, scroller.clientWidth - this.treeWidth - this.divider.offsetWidth);
    this.scale.fit(this.plan, this.chartWidth);
    size.style.width = `${this.scale.width + scroller.clientWidth - this.chartWidth}px`;
    size.style.height = `${HEAD + this.plan.rows.length * ROW + 12}px`;
    this.stage.style.width = `${scroller.clientWidth}px`;
    this.stage.style.height = `${this.viewHeight}px`;
    this.tree.element.style.width = `${this.treeWidth}px`;
    const range = { "aria-valuenow": this.treeWidth, "aria-valuemin": 120, "aria-valuemax": Math.max(120, scroller.clientWidth - 160) };
    for (const [name, value] of Object.entries(range)) this.divider.setAttribute(name, String(value));
    this.painter.resize(this.chartWidth, this.viewHeight);
    this.drawNow();
  }

  scrolled() {
    if (this.editor.isOpen && this.scroller.scrollTop !== this.lastTop) this.editor.close(true, true);
    this.hint.hide();
    this.refresh();
  }

  get visibleRows() {
    return Math.floor((this.viewHeight - HEAD) / ROW);
  }

  /** Ask for a frame. */
  refresh() {
    if (this.isAsked || !this.plan) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.drawNow();
    });
  }

  drawNow() {
    if (!this.plan || this.scroller.hidden || !this.painter.width) return;
    this.lastTop = this.scroller.scrollTop;
    const geometry = new Geometry(this);
    this.painter.draw();
    this.tree.draw(geometry.firstRow, geometry.lastRow, geometry.top);
    this.personLoad.draw();
  }
}

Object.assign(Gantt.prototype, zooming);

const host = document.getElementById("gantt");
if (host) {
  host.gantt = new Gantt(host);
  host.gantt.load();
}
