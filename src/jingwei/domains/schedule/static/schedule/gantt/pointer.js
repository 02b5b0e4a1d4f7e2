/** Mouse, pen and touch on the timeline: move, stretch, link, pan, zoom, point. Every drag here has a key or a dialog as well. */
import { BAR, Geometry, HANDLE, HEAD } from "./geometry.js";

const SLACK = 3; // px a pointer may tremble before a press becomes a drag
const EDGE = 36; // px from the border within which a drag scrolls
const HOUR_STEP = 30; // minutes

export class Pointer {
  constructor(g, canvas) {
    this.g = g;
    this.canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("mousedown", (event) => event.preventDefault()); // the table keeps the focus, and so the keys
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("pointerleave", () => !this.press && this.leave());
    canvas.addEventListener("dblclick", (event) => this.openAt(event));
    canvas.addEventListener("touchstart", (event) => this.touchStart(event), { passive: false });
    canvas.addEventListener("touchmove", (event) => this.touchMove(event), { passive: false });
    canvas.addEventListener("touchend", () => (this.pinch = null));
    g.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** What lies at a point: {task, part: "bar" | "start-edge" | "end-edge" | "start-handle" | "end-handle"}, {link} or {}. */
  hit({ x, y }, isTouch = false) {
    const { g } = this;
    const geometry = new Geometry(g);
    const task = g.plan.rows[geometry.rowAt(y)];
    const bar = task && geometry.bar(task);
    const slack = isTouch ? 8 : 0;
    if (bar && y >= bar.y - 3 - slack && y <= bar.y + BAR + 3 + slack) {
      if (g.canEdit && !task.is_summary && g.hoveredTask === task) {
        if (Math.abs(x - bar.x2 - HANDLE) <= 7) return { task, part: "end-handle" };
        if (Math.abs(x - bar.x1 + HANDLE) <= 7) return { task, part: "start-handle" };
      }
      if (x >= bar.x1 - 2 - slack && x <= bar.x2 + 3 + slack) return { task, part: this.partOf(task, bar, x) };
    }
    const link = y > HEAD ? g.connectors.at(x, y) : null;
    return link ? { link } : { rowTask: task };
  }

  partOf(task, bar, x) {
    if (task.is_milestone || task.is_summary) return "bar";
    const reach = Math.min(7, (bar.x2 - bar.x1) / 4);
    if (x > bar.x2 - reach) return "end-edge";
    return x < bar.x1 + reach && bar.x2 - bar.x1 >= 18 ? "start-edge" : "bar";
  }

  down(event) {
    if (event.button !== 0 || this.pinch) return;
    const { g } = this;
    const at = this.point(event);
    const isTouch = event.pointerType === "touch";
    const hit = this.hit(at, isTouch);
    g.hint.hide();
    g.editor.close(true, false);
    g.tree.grid.focus({ preventScroll: true });
    g.selectedLink = hit.link ? hit.link.id : null;
    const wasSelected = hit.task && hit.task.id === g.selectedId;
    if (hit.task) g.select(hit.task.id, { isKept: true });
    else if (hit.rowTask && !hit.link) g.select(hit.rowTask.id, { isKept: true });
    g.refresh();
    if (isTouch && !(hit.task && wasSelected)) return; // the finger scrolls; a second touch on the chosen bar drags
    this.canvas.setPointerCapture(event.pointerId);
    this.press = { hit, x: at.x, y: at.y, left: g.scroller.scrollLeft, top: g.scroller.scrollTop, at };
  }

  move(event) {
    const at = this.point(event);
    if (!this.press) {
      if (event.pointerType !== "touch") this.hover(at, event);
      return;
    }
    this.press.at = at;
    const { g, press } = this;
    if (!g.drag && !press.isPanning) {
      if (Math.hypot(at.x - press.x, at.y - press.y) < SLACK) return;
      this.begin();
    }
    this.follow();
  }

  /** A press became a drag. */
  begin() {
    const { g, press } = this;
    const { task, part } = press.hit;
    if (!task || !g.canEdit) {
      press.isPanning = true;
      this.canvas.style.cursor = "grabbing";
      return;
    }
    g.actions.flush();
    if (part.endsWith("handle")) {
      g.drag = { kind: "link", task, fromEnd: part === "end-handle", at: null };
      return;
    }
    if (task.is_summary) {
      this.press = null;
      g.toasts.error(g.t("error_move_summary"));
      return;
    }
    g.drag = { kind: part === "bar" ? "move" : part, task, at: null };
    this.canvas.style.cursor = part === "bar" ? "grabbing" : "ew-resize";
  }

  follow() {
    const { g, press } = this;
    if (!press) return;
    if (press.isPanning) {
      g.scroller.scrollLeft = press.left + press.x - press.at.x;
      g.scroller.scrollTop = press.top + press.y - press.at.y;
      return;
    }
    if (g.drag.kind === "link") this.followLink();
    else this.followDates();
    this.scrollAtEdge();
  }

  followDates() {
    const { g, press } = this;
    const { drag, scale, plan } = g;
    const distance = press.at.x + g.scroller.scrollLeft - (press.x + press.left);
    const isFine = scale.level === "hour";
    const steps = Math.round(isFine ? (distance / scale.dayWidth) * (1440 / HOUR_STEP) : distance / scale.dayWidth);
    if (steps === drag.steps) return;
    drag.steps = steps;
    const change = this.changeFor(drag, steps, isFine, plan.calendar);
    if (!steps || !change) {
      g.actions.release();
      drag.at = null;
      return;
    }
    g.actions.hold({ changes: [{ id: drag.task.id, ...change }] });
    const at = g.shown(drag.task);
    drag.at = drag.kind === "end-edge" ? at.finish : at.start;
  }

  /** {start?, duration?} for a drag of so many steps, null when nothing would change. */
  changeFor({ kind, task }, steps, isFine, calendar) {
    const shifted = (wall) => (isFine ? wall + steps * HOUR_STEP : wall + steps * 1440);
    if (kind === "move") {
      if (task.is_milestone) return { start: calendar.snapMilestone(shifted(task.start)) };
      return { start: isFine ? calendar.nextStart(shifted(task.start)) : calendar.movedByDays(task.start, steps) };
    }
    const least = isFine ? HOUR_STEP : Math.min(task.duration, calendar.minutesPerDay / 2) || HOUR_STEP;
    if (kind === "end-edge") {
      const duration = Math.max(least, calendar.workAt(shifted(task.finish)) - calendar.workAt(task.start));
      return duration === task.duration ? null : { duration };
    }
    const end = calendar.workAt(task.finish);
    const work = Math.min(end - least, calendar.workAt(shifted(task.start)));
    return end - work === task.duration ? null : { start: calendar.wallStart(work), duration: end - work };
  }

  followLink() {
    const { g, press } = this;
    const { drag } = g;
    const geometry = new Geometry(g);
    const task = g.plan.rows[geometry.rowAt(press.at.y)];
    const bar = task && geometry.bar(task);
    const isOver = bar && press.at.x > bar.x1 - 16 && press.at.x < bar.x2 + 16;
    Object.assign(drag, { x: press.at.x, y: press.at.y, target: isOver && task !== drag.task ? task : null, isRefused: false });
    if (drag.target) {
      drag.toStart = task.is_milestone || press.at.x < bar.centre;
      drag.type = (drag.fromEnd ? "F" : "S") + (drag.toStart ? "S" : "F");
      const refusal = g.actions.refusalOf({ from: drag.task.id, to: task.id });
      drag.isRefused = refusal !== null;
      g.showEffect(refusal ? g.t(refusal) : `${drag.task.name} → ${task.name} · ${g.t(drag.type.toLowerCase())}`, drag.isRefused);
    } else g.showEffect("");
    g.refresh();
  }

  /** Near the border the picture comes along. */
  scrollAtEdge() {
    if (this.scrolling) return;
    const step = () => {
      this.scrolling = 0;
      const { g, press } = this;
      if (!g.drag || !press) return;
      const { x, y } = press.at;
      const dx = x < EDGE ? x - EDGE : x > g.chartWidth - EDGE ? x - g.chartWidth + EDGE : 0;
      const dy = g.drag.kind !== "link" ? 0 : y < HEAD + EDGE / 2 ? -8 : y > g.viewHeight - EDGE ? 8 : 0;
      if (!dx && !dy) return;
      g.scroller.scrollLeft += Math.max(-24, Math.min(24, dx / 2));
      g.scroller.scrollTop += dy;
      this.follow();
    };
    this.scrolling = requestAnimationFrame(step);
  }

  up() {
    const { g } = this;
    const { drag } = g;
    this.press = null;
    this.canvas.style.cursor = "";
    if (!drag) return;
    g.drag = null;
    if (drag.kind !== "link") g.actions.drop();
    else {
      g.showEffect("");
      if (drag.target) g.actions.addLink({ from: drag.task.id, to: drag.target.id, type: drag.type });
    }
    g.refresh();
    g.catchUp();
  }

  cancel() {
    const { g } = this;
    this.press = null;
    this.canvas.style.cursor = "";
    if (!g.drag) return;
    g.drag = null;
    g.actions.release();
    g.catchUp();
  }

  hover(at, event) {
    const { g } = this;
    const hit = this.hit(at);
    const task = hit.task || hit.rowTask || null;
    g.hoveredLink = hit.link ? hit.link.id : null;
    g.hoverRow(at.y > HEAD ? task : null);
    const cursors = { "start-edge": "ew-resize", "end-edge": "ew-resize", "start-handle": "crosshair", "end-handle": "crosshair", bar: "grab" };
    this.canvas.style.cursor = hit.link ? "pointer" : hit.task && g.canEdit && !hit.task.is_summary ? cursors[hit.part] : "default";
    if (hit.task) g.hint.aim(hit.task, event);
    else g.hint.hide();
    g.refresh();
  }

  leave() {
    this.g.hoveredLink = null;
    this.g.hoverRow(null);
    this.g.hint.hide();
  }

  openAt(event) {
    const hit = this.hit(this.point(event));
    if (hit.task) this.g.openTask(hit.task);
    else if (hit.link) this.g.dialogs.links(this.g.plan.tasks.get(hit.link.to));
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const speed = event.deltaMode === 1 ? 0.06 : 0.0022;
    this.g.zoomBy(Math.exp(-event.deltaY * speed), this.point(event).x);
  }

  touchStart(event) {
    if (event.touches.length === 2) {
      event.preventDefault();
      this.cancel();
      this.pinch = { gap: this.gap(event), dayWidth: this.g.scale.dayWidth };
      return;
    }
    const hit = this.hit(this.point(event.touches[0]), true);
    if (hit.task && hit.task.id === this.g.selectedId && this.g.canEdit && !hit.task.is_summary) event.preventDefault();
  }

  touchMove(event) {
    if (!this.pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const middle = (event.touches[0].clientX + event.touches[1].clientX) / 2 - this.canvas.getBoundingClientRect().left;
    this.g.zoomBy((this.pinch.dayWidth * (this.gap(event) / this.pinch.gap)) / this.g.scale.dayWidth, middle);
  }

  gap(event) {
    const [one, other] = event.touches;
    return Math.max(20, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
  }
}
