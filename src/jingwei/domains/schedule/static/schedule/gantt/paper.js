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
