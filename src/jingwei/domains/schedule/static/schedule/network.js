// The network: zoom and pan by mouse, finger and key; arrow keys walk along the links.
const host = document.getElementById("network");
const svg = host?.querySelector("svg");
const whole = svg && { width: Number(svg.dataset.width), height: Number(svg.dataset.height) };
const view = { x: 0, y: 0, width: 0, height: 0 };
const boxes = svg ? [...svg.querySelectorAll(".network-box")] : [];
const byKey = new Map(boxes.map((box) => [box.dataset.key, box]));
const placeOf = (box) => box.getAttribute("transform").match(/-?\d+/g).map(Number);

function show() {
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
}

function fit() {
  Object.assign(view, { x: 0, y: 0, ...whole });
  show();
}

/** The room at natural size, beginning where the plan begins; small plans are fitted. */
function begin() {
  const box = svg.getBoundingClientRect();
  if (whole.width <= box.width && whole.height <= box.height) Object.assign(view, { x: 0, y: 0, width: box.width, height: box.height });
  else {
    const first = placeOf(boxes[0]);
    Object.assign(view, { x: 0, y: Math.max(0, first[1] - box.height / 3), width: box.width, height: box.height });
  }
  show();
}

function zoom(factor, at = { x: 0.5, y: 0.5 }) {
  const width = Math.min(Math.max(view.width / factor, 300), whole.width * 3);
  const ratio = width / view.width;
  view.x += (view.width - view.width * ratio) * at.x;
  view.y += (view.height - view.height * ratio) * at.y;
  view.width *= ratio;
  view.height *= ratio;
  show();
}

const scale = () => view.width / svg.getBoundingClientRect().width;

function reveal(box) {
  const [x, y] = placeOf(box);
  if (x < view.x || x + 190 > view.x + view.width) view.x = x + 95 - view.width / 2;
  if (y < view.y || y + 72 > view.y + view.height) view.y = y + 36 - view.height / 2;
  show();
}

/** Right: the first successor; left: the first predecessor; up and down: the neighbour in the same layer. */
function neighbour(box, key) {
  const linked = key === "ArrowRight" ? box.dataset.after : key === "ArrowLeft" ? box.dataset.before : null;
  if (linked !== null) return byKey.get(linked.split(" ")[0]);
  const [x, y] = placeOf(box);
  const side = key === "ArrowDown" ? 1 : -1;
  const column = boxes.filter((each) => placeOf(each)[0] === x && (placeOf(each)[1] - y) * side > 0);
  return column.sort((one, other) => (placeOf(one)[1] - placeOf(other)[1]) * side)[0];
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest("input, select, textarea, dialog, .dropdown")) return;
  const box = event.target.closest(".network-box");
  if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-" || event.key === "_") zoom(1 / 1.3);
  else if (event.key === "0") fit();
  else if (event.key.startsWith("Arrow") && (box || host.contains(event.target) || event.target === document.body)) {
    (box ? neighbour(box, event.key) : boxes[0])?.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
}

function drag(event) {
  if (event.button) return;
  const from = { x: event.clientX, y: event.clientY, left: view.x, top: view.y };
  let hasMoved = false;
  const move = (moved) => {
    if (Math.hypot(moved.clientX - from.x, moved.clientY - from.y) > 4) hasMoved = true;
    if (!hasMoved) return;
    view.x = from.left - (moved.clientX - from.x) * scale();
    view.y = from.top - (moved.clientY - from.y) * scale();
    show();
  };
  const stop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
    if (hasMoved) svg.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
    setTimeout(() => (hasMoved = false));
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
}

if (svg) {
  begin();
  document.addEventListener("keydown", press);
  svg.addEventListener("pointerdown", drag);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("focusin", (event) => event.target.closest(".network-box") && reveal(event.target.closest(".network-box")));
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * 0.0018), { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  }, { passive: false });
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => ({ in: () => zoom(1.3), out: () => zoom(1 / 1.3), fit })[button.dataset.zoom]()));
}
