// Draws planned, done and forecast work over time; redraws after htmx swaps and theme changes.
const palette = { light: ["#64748b", "#0b6b3a", "#2563eb"], dark: ["#a3b1c6", "#7ee2a8", "#7aa7ff"] };

function draw(host) {
  const source = document.getElementById("progress-series");
  if (!source || !window.echarts) return;
  const curve = JSON.parse(source.textContent);
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const text = dark ? "#d0d7e2" : "#3a4657";
  const words = host.dataset;
  const share = (value) => `${value} ${words.hours} (${Math.round((100 * value) / (curve.total || 1))} %)`;
  const lines = { planned: { lineStyle: { type: "dashed", width: 2 } }, done: { lineStyle: { width: 3 }, areaStyle: { opacity: 0.15 } }, forecast: { lineStyle: { type: "dotted", width: 2 } } };
  const chart = window.echarts.getInstanceByDom(host) || window.echarts.init(host);
  chart.setOption({
    animation: false,
    color: palette[dark ? "dark" : "light"],
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      formatter: (points) => [points[0].axisValue, ...points.filter((point) => point.value !== null && point.value !== undefined).map((point) => `${point.seriesName}: ${share(point.value)}`)].join("\n"),
    },
    legend: { top: 0, textStyle: { color: text } },
    grid: { left: 56, right: 12, top: 32, bottom: 24 },
    xAxis: { type: "category", boundaryGap: false, data: curve.labels, axisLabel: { color: text, formatter: (label) => label.slice(5) } },
    yAxis: { type: "value", name: words.hours, nameTextStyle: { color: text }, axisLabel: { color: text }, splitLine: { lineStyle: { color: dark ? "#2b3648" : "#e3e8ef" } } },
    series: Object.entries(lines).map(([name, style]) => ({
      name: words[name], type: "line", showSymbol: false, data: curve[name], ...style,
      ...(name === "planned" && { markLine: { silent: true, symbol: "none", lineStyle: { color: text }, label: { formatter: words.now, color: text }, data: [{ xAxis: curve.now }] } }),
    })),
  }, true);
}

const drawAll = () => document.querySelectorAll("[data-chart=progress]").forEach(draw);
window.addEventListener("load", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("jingwei:theme-changed", drawAll);
window.addEventListener("resize", () => document.querySelectorAll("[data-chart=progress]").forEach((host) => window.echarts?.getInstanceByDom(host)?.resize()));
if (document.readyState === "complete") drawAll();
