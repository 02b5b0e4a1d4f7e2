// Draws planned, done and forecast work over time.
import { axes, chart, series } from "../frame/chart.js";

const lines = {
  planned: { lineStyle: { type: "dashed", width: 2 } },
  done: { lineStyle: { width: 3 }, areaStyle: { opacity: 0.15 } },
  forecast: { lineStyle: { type: "dotted", width: 2 } },
};

chart("progress", (host, tone) => {
  const curve = series("progress-series");
  if (!curve) return null;
  const words = host.dataset;
  const share = (value) => `${value} ${words.hours} (${Math.round((100 * value) / (curve.total || 1))} %)`;
  const known = (point) => point.value !== null && point.value !== undefined;
  const now = { silent: true, symbol: "none", lineStyle: { color: tone.text }, label: { formatter: words.now, color: tone.text }, data: [{ xAxis: curve.now }] };
  return {
    ...axes(tone, { x: { type: "category", boundaryGap: false, data: curve.labels, axisLabel: { color: tone.text, formatter: (label) => label.slice(5) } }, y: {} }),
    color: [tone.plain, tone.green, tone.blue],
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      formatter: (points) => [points[0].axisValue, ...points.filter(known).map((point) => `${point.seriesName}: ${share(point.value)}`)].join("\n"),
    },
    series: Object.entries(lines).map(([name, style]) => ({
      name: words[name], type: "line", showSymbol: false, data: curve[name], ...style, ...(name === "planned" && { markLine: now }),
    })),
  };
});
