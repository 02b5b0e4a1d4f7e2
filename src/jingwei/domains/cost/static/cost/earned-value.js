// The S-curve of planned, earned and actual money, and the control chart of the indices.
import { axes, chart, series } from "../frame/chart.js";

chart("s-curve", (host, tone) => {
  const found = series("earned-value-series");
  if (!found || !found.periods.length) return null;
  const words = host.dataset;
  const base = axes(tone, { x: { type: "category", boundaryGap: false, data: found.periods } });
  const level = (name, value, colour, position) => ({ name, yAxis: value, lineStyle: { color: colour, type: "dashed" }, label: { formatter: name, color: colour, position } });
  const levels = [level("BAC", found.bac, tone.plain, "insideStartTop")];
  if (found.eac !== null && found.eac < 3 * found.bac) levels.push(level("EAC", found.eac, tone.red, "insideMiddleTop"));
  return {
    ...base,
    yAxis: { ...base.yAxis, max: (range) => Math.max(range.max, found.bac, levels.length > 1 ? found.eac : 0) * 1.05, axisLabel: { color: tone.text, formatter: (value) => Math.round(value).toLocaleString() } },
    grid: { ...base.grid, left: 84 },
    color: [tone.plain, tone.green, tone.red],
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: ["pv", "ev", "ac"].map((name) => ({
      name: words[name], type: "line", data: found[name], symbolSize: 5, lineStyle: { width: name === "pv" ? 2 : 3, type: name === "pv" ? "dashed" : "solid" },
      ...(name === "pv" && { markLine: { silent: true, symbol: "none", data: levels } }),
    })),
  };
});

chart("index-control", (host, tone) => {
  const found = series("earned-value-series");
  if (!found || !found.periods.length) return null;
  const base = axes(tone, { x: { type: "category", data: found.periods }, y: { min: (range) => Math.min(0.7, Math.floor(range.min * 10) / 10), max: (range) => Math.max(1.2, Math.ceil(range.max * 10) / 10) } });
  const [alarm, warn, high] = found.limits;
  const line = (value, colour) => ({ yAxis: value, lineStyle: { color: colour, type: "dashed" }, label: { formatter: String(value), color: colour } });
  return {
    ...base,
    grid: { ...base.grid, right: 44 },
    color: [tone.blue, tone.violet],
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: ["spi", "cpi"].map((name) => ({
      name: name.toUpperCase(), type: "line", data: found[name], symbolSize: 7, symbol: name === "spi" ? "circle" : "diamond", lineStyle: { width: 3 },
      ...(name === "spi" && { markLine: { silent: true, symbol: "none", data: [line(alarm, tone.red), line(warn, tone.amber), line(1, tone.text), line(high, tone.amber)] } }),
    })),
  };
});
