/**
 * The topology picture on <div id="topology" data-url [data-icons-url]>: systems as cards, interfaces as lines in the colour of their
 * health, moving only while records flow and motion is welcome; the same as a list for whoever prefers words.
 *
 * data-url answers {systems: [{id, name, kind, title, state, url}], interfaces: [{id, name, from, to, state, reason, two_way, per_minute, url}]}.
 * Drawn anew on the DOM event `jingwei:health-changed`. A page may give its own words in
 * <script type="application/json" id="topology-strings">.
 */
import { layOut, spread } from "./topology_layout.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  local: "home", jira: "checklist", tracker: "checklist", github: "git-branch", gitlab: "git-branch", gitea: "git-branch", openproject: "checklist", redmine: "checklist", zentao: "bug",
  erp: "building", sap: "building", kingdee: "building", yonyou: "building", odoo: "building", mes: "tool", opcua: "activity", mqtt: "activity", wms: "truck", crm: "users", hr: "users", oa: "briefcase",
  kafka: "bolt", rabbitmq: "bolt", redis: "bolt", sql: "database", postgres: "database", mysql: "database", oracle: "database", mssql: "database", file: "file", files: "file", sftp: "folder", s3: "cloud", csv: "table", excel: "table",
  rest: "world", http: "world", odata: "world", soap: "code", graphql: "code", webhook: "webhook", mail: "mail", dingtalk: "message", feishu: "message", wecom: "message", slack: "message",
};
const WORDS = {
  zh: {
    picture: "系统与接口拓扑图", list: "以列表查看", ok: "正常", degraded: "降级", down: "中断", unknown: "暂无数据", untested: "未测试", off: "未启用", per_minute: "{count} 条/分钟", system: "{name} {state} · {kind}",
    interface: "{name} {flow}：{from} {arrow} {to}，{state}", interfaces: "接口", systems: "系统", failed: "拓扑图加载失败。", none: "还没有系统。", retry: "重试",
  },
  en: {
    picture: "Topology of systems and interfaces", list: "View as a list", ok: "healthy", degraded: "degraded", down: "down", unknown: "no traffic yet", untested: "not tested", off: "off", per_minute: "{count}/min", system: "{name} {state} · {kind}",
    interface: "{name} {flow}: {from} {arrow} {to}, {state}", interfaces: "Interfaces", systems: "Systems", failed: "The picture could not be loaded.", none: "No systems yet.", retry: "Try again",
  },
};

function readWords() {
  const block = document.getElementById("topology-strings");
  const given = block ? JSON.parse(block.textContent) : {};
  const own = document.documentElement.lang.toLowerCase().startsWith("zh") ? WORDS.zh : WORDS.en;
  return (key, values = {}) => (given[key] || own[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  return dress(element, attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Only addresses of this site become links. */
const ownAddress = (url) => (typeof url === "string" && /^\/(?!\/)/.test(url) ? url : null);

const shortened = (text, room) => {
  let width = 0;
  for (let k = 0; k < text.length; k++) {
    width += text.charCodeAt(k) > 0x2e80 ? 2 : 1;
    if (width > room) return `${text.slice(0, k)}…`;
  }
  return text;
};

const iconOf = (kind) => String(kind).toLowerCase().split(/[-_.]/).map((part) => ICONS[part]).find(Boolean) || "plug";

/** A shortened name with the full one behind it. */
const named = (shown, full) => (shown === full ? full : `${shown} (${full})`);

const STATES = new Set(["ok", "degraded", "down", "unknown", "off"]);
const stateOf = ({ state }) => (STATES.has(state) ? state : "unknown");

const CARD_LINE = 118; // px that the second line of a card may take
const NARROW = 560;
const LEAST_SCALE = 0.72; // below that the picture scrolls sideways instead

class Topology {
  constructor(host) {
    this.host = host;
    this.t = readWords();
    this.icons = host.dataset.iconsUrl || new URL("../vendor/icons.svg", import.meta.url).href;
    host.classList.add("topology");
    this.frame = make("div", { class: "topology-frame" });
    this.list = make("details", { class: "topology-list" });
    this.note = make("p", { class: "topology-note", role: "status" });
    host.replaceChildren(this.note, this.frame, this.list);
    document.addEventListener("jingwei:health-changed", () => this.refreshSoon());
  }

  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 300);
  }

  async load() {
    let picture;
    const mine = (this.asked = (this.asked ?? 0) + 1);
    try {
      const response = await fetch(this.host.dataset.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!response.ok) throw new Error(`status ${response.status}`);
      picture = await response.json();
    } catch {
      if (this.asked === mine) this.fail();
      return;
    }
    if (this.asked !== mine) return; // a newer one is there or on its way
    this.note.textContent = picture.systems.length ? "" : this.t("none");
    this.show(picture);
  }

  /** A picture that was there stays; otherwise say that there is none. */
  fail() {
    if (this.frame.childElementCount) return;
    const again = make("button", { type: "button", class: "btn btn-sm" }, this.t("retry"));
    again.addEventListener("click", () => this.load());
    this.note.replaceChildren(this.t("failed"), " ", again);
  }

  show(picture) {
    const focused = this.frame.contains(document.activeElement) ? document.activeElement.id : null;
    const plan = layOut(picture);
    this.systems = new Map(picture.systems.map((system) => [system.id, system]));
    const interfaces = new Map(picture.interfaces.map((each) => [each.id, each]));
    const svg = draw("svg", { viewBox: `0 0 ${plan.width} ${plan.height}`, role: "group", "aria-label": this.t("picture") }, this.markers());
    svg.style.width = `${plan.width}px`;
    svg.style.minWidth = `${plan.width * LEAST_SCALE}px`;
    for (const edge of plan.edges) svg.append(this.line(edge, interfaces.get(edge.id)));
    const labels = plan.edges.map((edge) => this.measure(edge, interfaces.get(edge.id)));
    spread(labels);
    for (const label of labels) svg.append(this.label(label));
    for (const node of plan.nodes.values()) svg.append(this.card(node, this.systems.get(node.id)));
    if (picture.systems.length) this.frame.replaceChildren(svg);
    else this.frame.replaceChildren();
    this.fillList(picture);
    if (!this.host.dataset.state) this.settle();
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    this.host.dataset.state = "ready";
  }

  /** On a narrow screen the list stands first and open, and the picture begins at its edge; elsewhere it begins in its middle. */
  settle() {
    const { frame } = this;
    const isNarrow = frame.clientWidth < NARROW;
    frame.scrollLeft = isNarrow ? 0 : (frame.scrollWidth - frame.clientWidth) / 2;
    this.list.open = isNarrow;
    this.host.classList.toggle("is-narrow", isNarrow);
  }

  markers() {
    const arrow = (state) =>
      draw("marker", { id: `topology-arrow-${state}`, class: `topology-arrow is-${state}`, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, draw("path", { d: "M0 0.5 L9.5 5 L0 9.5 Z" }));
    return draw("defs", {}, ...[...STATES].map(arrow));
  }

  /** A curve from end to end, straight where it passes between other systems. */
  path({ from, to, ways, isLoop }) {
    const points = [from, ...ways.flatMap(({ left, right, y }) => (from.way > 0 ? [{ x: left, y }, { x: right, y }] : [{ x: right, y }, { x: left, y }])), to];
    let d = `M${from.x} ${from.y}`;
    for (let k = 1; k < points.length; k++) {
      const [here, there] = [points[k - 1], points[k]];
      const reach = isLoop ? 110 * from.way : Math.max(40, Math.abs(there.x - here.x) * 0.45) * from.way;
      const isWay = k % 2 === 0 && k < points.length - 1;
      d += isWay ? ` L${there.x} ${there.y}` : ` C${here.x + reach} ${here.y} ${there.x + (isLoop ? reach : -reach)} ${there.y} ${there.x} ${there.y}`;
    }
    return d;
  }

  line(edge, each) {
    const state = stateOf(each);
    const d = this.path(edge);
    const head = `url(#topology-arrow-${state})`;
    const flows = each.per_minute > 0 && state !== "down" && state !== "off";
    const ends = draw("path", { class: "topology-ends", d, "marker-end": head, "marker-start": each.two_way ? head : null }); // above what flows
    const group = draw("g", { class: `topology-edge is-${state}` }, draw("path", { class: "topology-line", d }), flows ? draw("path", { class: "topology-flow", d }) : null, ends);
    group.dataset.edge = each.id;
    return group;
  }

  /** The name of an interface and how much flows: {each, name, flow, x, y, width, height} on the middle of its line. */
  measure({ from, to, ways, isLoop }, each) {
    const way = ways[ways.length >> 1];
    const [x, y] = way ? [(way.left + way.right) / 2, way.y] : [(from.x + to.x) / 2 + (isLoop ? 82 * from.way : 0), (from.y + to.y) / 2];
    const flow = each.per_minute > 0 ? this.t("per_minute", { count: each.per_minute }) : "";
    const name = shortened(each.name, flow ? 18 : 26);
    return { each, name, flow, x, y, width: widthOf(name) + (flow ? widthOf(flow) + 6 : 0) + 20, height: 24 };
  }

  label({ each, name, flow, x, y, width, height }) {
    const text = draw("text", { x, y: y + 4, "text-anchor": "middle" }, draw("tspan", {}, name), flow ? draw("tspan", { class: "topology-rate" }, ` ${flow}`) : null);
    const pill = draw("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: height / 2 });
    return this.link(each, `topology-interface-${each.id}`, `topology-label is-${stateOf(each)}`, this.tell(each, name), pill, text);
  }

  card(node, system) {
    const state = stateOf(system);
    const middle = node.y + node.height / 2;
    const icon = draw("use", { href: `${this.icons}#i-${iconOf(system.kind)}`, x: node.x + 22, y: middle - 11, width: 22, height: 22 });
    const shown = shortened(system.name, 16);
    const words = this.t(state === "unknown" ? "untested" : state);
    const both = `${words} · ${system.title || system.kind}`;
    const line = widthOf(both) > CARD_LINE ? words : both;
    return this.link(
      system,
      `topology-system-${system.id}`,
      `topology-card is-${state}`,
      `${named(shown, system.name)} ${line}`,
      draw("rect", { class: "topology-body", x: node.x, y: node.y, width: node.width, height: node.height, rx: 12 }),
      draw("rect", { class: "topology-badge", x: node.x + 13, y: middle - 20, width: 40, height: 40, rx: 10 }),
      icon,
      draw("text", { class: "topology-name", x: node.x + 66, y: middle - 3 }, shown),
      draw("circle", { class: "topology-dot", cx: node.x + 70, cy: middle + 12, r: 4 }),
      draw("text", { class: "topology-kind", x: node.x + 80, y: middle + 16 }, ` ${line}`),
    );
  }

  link({ url }, id, className, words, ...children) {
    const title = draw("title");
    title.textContent = words;
    const href = ownAddress(url);
    return draw(href ? "a" : "g", { id, class: className, href, "aria-label": words, role: href ? null : "img" }, title, ...children);
  }

  /** All about an interface in one line; begins with what its label shows. */
  tell(each, shown = each.name) {
    const nameOf = (id) => this.systems.get(id)?.name ?? "?";
    return this.t("interface", { name: named(shown, each.name), from: nameOf(each.from), to: nameOf(each.to), arrow: each.two_way ? "↔" : "→", state: this.t(stateOf(each)), flow: each.per_minute > 0 ? this.t("per_minute", { count: each.per_minute }) : "" }).replace(/ ([:：])/, "$1") + (each.reason ? ` — ${each.reason}` : "");
  }

  fillList({ systems, interfaces }) {
    const item = (each, text) => {
      const href = ownAddress(each.url);
      return make("li", { class: `is-${stateOf(each)}` }, href ? make("a", { href }, text) : text);
    };
    this.list.hidden = !systems.length;
    this.list.replaceChildren(
      make("summary", {}, this.t("list")),
      make("h3", {}, this.t("systems")),
      make("ul", {}, ...systems.map((each) => item(each, this.t("system", { name: each.name, state: this.t(stateOf(each) === "unknown" ? "untested" : stateOf(each)), kind: each.title || each.kind })))),
      make("h3", {}, this.t("interfaces")),
      make("ul", {}, ...interfaces.map((each) => item(each, this.tell(each)))),
    );
  }
}

let pen = null;

/** Width of a label in px, in the font of the labels. */
function widthOf(text) {
  pen ||= document.createElement("canvas").getContext("2d");
  pen.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

const host = document.getElementById("topology");
if (host) {
  if (!document.querySelector('link[href*="hub/topology"]')) document.head.append(make("link", { rel: "stylesheet", href: new URL("topology.css", import.meta.url).href }));
  new Topology(host).load();
}
