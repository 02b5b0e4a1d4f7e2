// Draws planned against actual cost by month.
import { axes, chart, series } from "../frame/chart.js";

chart("cost", (host, tone) => {
  const costs = series("cost-series");
  return costs && {
    ...axes(tone, { x: { type: "category", data: costs.periods } }),
    color: [tone.plain, tone.blue],
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: ["planned", "actual"].map((name) => ({ name: host.dataset[name], type: "bar", data: costs[name] })),
  };
});
