// Draws a list's chart: groups along the axis, one series a currency.
import { axes, chart, series } from "./chart.js";

chart("view", (host, tone) => {
  const found = series("view-series");
  if (!found) return null;
  const isNarrow = host.clientWidth < 500;
  return {
    ...axes(tone, { x: { type: "category", data: found.names, axisLabel: { color: tone.text, interval: 0, rotate: found.names.length > (isNarrow ? 4 : 8) ? 40 : 0, width: 90, overflow: "truncate" } } }),
    grid: { left: 12, right: 12, top: 36, bottom: 12, containLabel: true },
    color: [tone.blue, tone.amber, tone.green, tone.violet, tone.red, tone.plain],
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: found.series.map((each) => ({ name: each.name, type: "bar", data: each.values, barMaxWidth: 48 })),
  };
});
