// The histogram of finishes with its S-curve, and the tornado of what drives the finish.
import { axes, chart, series } from "../frame/chart.js";

chart("risk-histogram", (host, tone) => {
  const found = series("risk-series");
  if (!found) return null;
  const words = host.dataset;
  const { ends, counts, shares, p80 } = found.histogram;
  // A narrow spread is told by the hour, a wide one by the day.
  const isNarrow = new Date(ends[ends.length - 1]) - new Date(ends[0]) < 20 * 86400000;
  const labels = ends.map((end) => (isNarrow ? end.slice(5).replace("T", " ") : end.slice(0, 10)));
  const base = axes(tone, { x: { type: "category", data: labels } });
  const left = { ...base.yAxis, name: words.runs };
  const right = { ...base.yAxis, name: "%", min: 0, max: 100, splitLine: { show: false } };
  const line = { silent: true, symbol: "none", lineStyle: { color: tone.red, width: 2 }, label: { formatter: "P80", color: tone.red }, data: [{ xAxis: p80 }] };
  return {
    ...base,
    grid: { ...base.grid, right: 56 },
    yAxis: [left, right],
    color: [tone.blue, tone.amber],
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: [
      { name: words.runs, type: "bar", data: counts, barCategoryGap: "8%", markLine: line },
      { name: words.share, type: "line", yAxisIndex: 1, showSymbol: false, data: shares, lineStyle: { width: 3 } },
    ],
  };
});

chart("risk-tornado", (host, tone) => {
  const found = series("risk-series");
  if (!found) return null;
  const rows = [...found.tornado].reverse();
  const base = axes(tone);
  return {
    ...base,
    grid: { left: 8, right: 24, top: 8, bottom: 28, containLabel: true },
    legend: { show: false },
    xAxis: { ...base.yAxis, min: (range) => Math.min(0, range.min), name: "" },
    yAxis: { type: "category", data: rows.map((row) => row.name), axisLabel: { color: tone.text, width: 180, overflow: "truncate" } },
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: [{ name: host.dataset.correlation, type: "bar", data: rows.map((row) => row.correlation), itemStyle: { color: tone.blue } }],
  };
});
