/** Printing: the whole plan is drawn, every row and the whole time, on white and to the width of the paper. */
import { readColours } from "./paint.js";

export const PRINTED_ROWS = 900; // what one canvas can hold with room to spare

function spread(g) {
  const { scroller, scale } = g;
  const kept = { dayWidth: scale.dayWidth, treeWidth: g.treeWidth, left: scroller.scrollLeft, top: scroller.scrollTop, selectedId: g.selectedId };
  g.isPrinting = true;
  g.host.classList.add("is-printing");
  g.colours = readColours(g.host);
  Object.assign(g, { treeWidth: g.firstTreeWidth(), selectedId: null });
  scroller.scrollTo(0, 0);
  g.resize();
  scale.setDayWidth(scale.dayWidthToFit(g.chartWidth));
  g.resize();
  return kept;
}

function gather(g, kept) {
  g.isPrinting = false;
  g.host.classList.remove("is-printing");
  g.colours = readColours(g.host);
  Object.assign(g, { treeWidth: kept.treeWidth, selectedId: kept.selectedId });
  g.resize();
  g.scale.setDayWidth(kept.dayWidth);
  g.resize();
  g.scroller.scrollTo(kept.left, kept.top);
  g.drawNow();
}

/** Spread the plan out before printing and put everything back afterwards. */
export function watchPrinting(g) {
  let kept = null;
  window.addEventListener("beforeprint", () => {
    if (!kept && g.plan?.tasks.size) kept = spread(g);
  });
  window.addEventListener("afterprint", () => {
    if (kept) gather(g, kept);
    kept = null;
  });
}

/** The plan as a PNG file, table and bars: what printing spreads out, drawn on one canvas. */
export function savePicture(g) {
  if (!g.plan?.tasks.size) return;
  const kept = spread(g);
  const { painter, tree, colours } = g;
  const density = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
  const picture = document.createElement("canvas");
  picture.width = (g.treeWidth + g.chartWidth) * density;
  picture.height = g.viewHeight * density;
  const context = picture.getContext("2d");
  context.scale(density, density);
  context.fillStyle = colours.bg;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(painter.canvas, g.treeWidth, 0, g.chartWidth, g.viewHeight);
  writeTable(context, g, tree.element.getBoundingClientRect());
  gather(g, kept);
  picture.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${g.plan.project.code}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

/** The cells of the table as they stand on screen. */
function writeTable(context, g, frame) {
  context.textBaseline = "middle";
  for (const cell of g.tree.element.querySelectorAll(".gantt-row:not([hidden]) .gantt-cell, .gantt-tree-head .gantt-cell")) {
    const box = cell.getBoundingClientRect();
    const [x, y] = [box.left - frame.left, box.top - frame.top];
    if (x > g.treeWidth) continue;
    const name = cell.querySelector(".gantt-name");
    const isHead = cell.getAttribute("role") === "columnheader";
    const left = name ? name.getBoundingClientRect().left - frame.left : x + 8;
    context.save();
    context.beginPath();
    context.rect(x, y, Math.min(box.width, g.treeWidth - x), box.height);
    context.clip();
    context.font = `${isHead || cell.closest(".is-summary") ? 600 : 400} ${isHead ? 12 : 13}px ${g.colours.font}`;
    context.fillStyle = g.colours.fg;
    context.textAlign = cell.classList.contains("is-number") ? "end" : "start";
    context.fillText((name || cell).textContent, context.textAlign === "end" ? x + box.width - 8 : left, y + box.height / 2);
    context.restore();
  }
}
