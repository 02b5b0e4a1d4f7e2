/**
 * The load of one person below the bars: working minutes a day against those the calendar gives, what is too much in red.
 *
 * A task counts with its planned work spread evenly over its working time; without planned work, with its units of that time. Of begun work the done share lies
 * before the data date and the rest on the last minutes before the finish (as in kernels/plan/load.py). What other projects plan for the same person stands below
 * it in grey, as far as the server tells.
 */
import { DAY, dayOf } from "./calendar.js";
import { make, memory } from "./dom.js";

const HEIGHT = 116;
const TOP = 14;
const FLOOR = 6;

/** What is done and what is left of a task: [from, to, minutes of work], in working minutes of the calendar. */
function piecesOf({ calendar, dataDate }, task, start, finish) {
  const minutes = task.work_hours ? Number(task.work_hours) * 60 : (task.duration * Number(task.units_percent ?? 100)) / 100;
  const [first, last, share] = [calendar.workAt(start), calendar.workAt(finish), task.percent / 100];
  const left = task.duration - Math.round(task.duration * share);
  const resumed = share > 0 ? Math.max(last - left, first) : first;
  const until = share >= 1 ? last : Math.min(Math.max(calendar.workAt(dataDate ?? start), first), resumed);
  return [[first, until, minutes * share], [resumed, last, minutes * (1 - share)]].filter(([from, to, work]) => to > from && work > 0);
}

/** Map of person → {name, days: Map of day → minutes}, over the leaves of a plan where they are shown. */
export function loadsOf(plan, shown) {
  const { calendar } = plan;
  const loads = new Map();
  for (const task of plan.tasks.values()) {
    const { start, finish } = shown(task);
    if (!task.assignee || task.is_summary || task.status === "cancelled" || start === null || finish === null || finish <= start) continue;
    const person = String(task.assignee_id ?? task.assignee);
    if (!loads.has(person)) loads.set(person, { name: task.assignee, days: new Map() });
    const { days } = loads.get(person);
    for (const [from, to, work] of piecesOf(plan, task, start, finish)) {
      const end = dayOf(calendar.wallFinish(to) - 1);
      for (let day = dayOf(calendar.wallStart(from)); day <= end; day++) {
        const minutes = Math.min(to, calendar.workAt((day + 1) * DAY)) - Math.max(from, calendar.workAt(day * DAY));
        if (minutes > 0) days.set(day, (days.get(day) || 0) + (minutes * work) / (to - from));
      }
    }
  }
  return loads;
}

const capacityOf = (calendar, day) => calendar.shiftsOf(day).reduce((sum, [from, to]) => sum + to - from, 0);

export class Load {
  constructor(g) {
    this.g = g;
    this.choice = make("select", { class: "gantt-select", "aria-label": g.t("load_person"), on: { change: () => this.choose(this.choice.value) } });
    this.words = make("p", { class: "gantt-load-words", role: "status" });
    this.link = make("a", { class: "gantt-load-all", text: g.t("load_all"), hidden: true });
    this.label = make("div", { class: "gantt-load-label" }, make("strong", { text: g.t("load") }), this.choice, this.words, this.link);
    this.canvas = make("canvas", { class: "gantt-load-canvas", "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.element = make("section", { class: "gantt-load", "aria-label": g.t("load"), hidden: true }, this.label, this.canvas);
    this.person = memory.get("load-person");
    this.elsewhere = {}; // person → {url, others, room}: minutes by day of other projects, and of working time where it is not the project's
  }

  choose(person) {
    this.person = person;
    memory.set("load-person", person);
    this.revision = null;
    this.g.refresh();
  }

  /** What the server tells of the same people outside this plan; asked for when the strip is first shown. */
  async ask() {
    const { g } = this;
    this.asked = g.plan;
    if (!g.host.dataset.loadUrl) return;
    try {
      this.elsewhere = (await g.server.ask(g.host.dataset.loadUrl)).people;
    } catch (error) {
      console.error(error); // the plan's own load is shown all the same
    }
    this.revision = null;
    g.refresh();
  }

  othersOn(person, day) {
    return this.elsewhere[person]?.others[day] || 0;
  }

  roomOn(person, day) {
    return this.elsewhere[person]?.room[day] ?? capacityOf(this.g.plan.calendar, day);
  }

  /** Days of this plan's work that are over the person's working time, the worst of them in percent, and the hours other projects add on these days. */
  overload(person, days) {
    let [count, worst, others] = [0, 0, 0];
    for (const [day, own] of days) {
      const [room, more] = [this.roomOn(person, day), this.othersOn(person, day)];
      worst = Math.max(worst, (own + more) / (room || this.g.plan.calendar.minutesPerDay));
      if (own + more <= room + 1) continue;
      count += 1;
      others += more;
    }
    return { count, percent: Math.round(worst * 100), hours: Math.round((others / 60) * 10) / 10 };
  }

  gather() {
    const { g } = this;
    if (this.revision === g.revision && this.preview === g.preview) return;
    Object.assign(this, { revision: g.revision, preview: g.preview, loads: loadsOf(g.plan, g.shown) });
    const people = [...this.loads].map(([person, { name, days }]) => ({ person, name, ...this.overload(person, days) })).sort((one, other) => other.count - one.count || one.name.localeCompare(other.name));
    if (!this.loads.has(this.person)) this.person = people[0]?.person ?? null;
    this.choice.replaceChildren(...people.map(({ person, name, count }) => make("option", { value: person, text: count ? `${name} (${g.t("load_days", { count })})` : name })));
    this.choice.value = this.person ?? "";
    this.choice.hidden = people.length === 0;
    const chosen = people.find(({ person }) => person === this.person);
    const more = chosen?.count && chosen.hours ? ` · ${g.t("load_elsewhere", chosen)}` : "";
    const text = chosen ? g.t(chosen.count ? "load_over" : "load_fine", chosen) + more : g.t("load_none");
    const { url } = this.elsewhere[this.person] || {};
    this.link.hidden = !url;
    if (url) this.link.href = url;
    if (this.words.textContent !== text) this.words.textContent = text;
  }

  draw() {
    const { g } = this;
    if (this.element.hidden === Boolean(g.options.load)) {
      this.element.hidden = !g.options.load;
      g.resize();
      return;
    }
    if (!g.options.load || g.isPrinting) return;
    if (this.asked !== g.plan) this.ask();
    this.gather();
    const density = window.devicePixelRatio || 1;
    const width = g.chartWidth;
    if (this.width !== width || this.density !== density) {
      Object.assign(this, { width, density });
      this.canvas.width = Math.round(width * density);
      this.canvas.height = Math.round(HEIGHT * density);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${HEIGHT}px`;
    }
    this.label.style.width = `${g.treeWidth + g.divider.offsetWidth}px`;
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.paint(this.context, width);
  }

  paint(context, width) {
    const { g } = this;
    const { colours, scale, plan } = g;
    context.fillStyle = colours.bg;
    context.fillRect(0, 0, width, HEIGHT);
    const days = this.loads.get(this.person)?.days || new Map();
    const full = plan.calendar.minutesPerDay;
    const most = Math.max(full * 1.5, ...[...days].map(([day, minutes]) => minutes + this.othersOn(this.person, day)));
    const height = (minutes) => (minutes / most) * (HEIGHT - TOP - FLOOR);
    const base = HEIGHT - FLOOR;
    const step = Math.max(1, Math.ceil(3 / scale.dayWidth)); // below three pixels a day, the worst day stands for several
    const left = g.scroller.scrollLeft;
    const first = Math.floor((Math.floor(left / scale.dayWidth) + scale.originDay) / step) * step;
    const last = Math.ceil((left + width) / scale.dayWidth) + scale.originDay;
    for (let day = first; day <= last; day += step) {
      let [load, others, over] = [0, 0, 0];
      for (let each = day; each < day + step; each++) {
        const [own, more] = [days.get(each) || 0, this.othersOn(this.person, each)];
        if (own + more > load) [load, others] = [own + more, more];
        if (own) over = Math.max(over, own + more - this.roomOn(this.person, each));
      }
      if (!load) continue;
      const [x, gap] = [scale.dayX(day) - left, scale.dayWidth * step > 6 ? 1 : 0];
      const room = scale.dayWidth * step - gap;
      context.fillStyle = colours.bar;
      context.fillRect(x, base - height(load), room, height(load - others));
      context.fillStyle = colours.lineStrong;
      context.fillRect(x, base - height(others), room, height(others));
      if (over <= 1) continue;
      context.fillStyle = colours.critical;
      context.fillRect(x, base - height(load), room, height(over));
    }
    this.lines(context, width, base, base - height(full), full);
  }

  lines(context, width, base, y, full) {
    const { colours, t } = this.g;
    context.fillStyle = colours.lineStrong;
    context.fillRect(0, base, width, 1);
    context.strokeStyle = colours.fg;
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(width, Math.round(y) + 0.5);
    context.stroke();
    context.setLineDash([]);
    context.font = `11px ${colours.font}`;
    context.textBaseline = "bottom";
    context.fillStyle = colours.muted;
    context.fillText(t("load_capacity", { hours: Math.round((full / 60) * 10) / 10 }), 6, y - 2);
  }
}
