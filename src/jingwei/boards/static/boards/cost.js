// Draws planned against actual cost by month; redraws after htmx swaps and theme changes.
const palette = { light: ["#94a3b8", "#2563eb"], dark: ["#94a3b8", "#7aa7ff"] };

function draw(host) {
  const source = document.getElementById("cost-series");
  if (!source || !window.echarts) return;
  const series = JSON.parse(source.textContent);
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const text = dark ? "#d0d7e2" : "#3a4657";
  const chart = window.echarts.getInstanceByDom(host) || window.echarts.init(host);
  chart.setOption({
    animation: false,
    color: palette[dark ? "dark" : "light"],
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: { top: 0, textStyle: { color: text } },
    grid: { left: 70, right: 10, top: 32, bottom: 24 },
    xAxis: { type: "category", data: series.periods, axisLabel: { color: text } },
    yAxis: { type: "value", axisLabel: { color: text }, splitLine: { lineStyle: { color: dark ? "#2b3648" : "#e3e8ef" } } },
    series: ["planned", "actual"].map((name) => ({ name: host.dataset[name], type: "bar", data: series[name] })),
  }, true);
}

const drawAll = () => document.querySelectorAll("[data-chart=cost]").forEach(draw);
window.addEventListener("load", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("jingwei:theme-changed", drawAll);
window.addEventListener("resize", () => document.querySelectorAll("[data-chart=cost]").forEach((host) => window.echarts?.getInstanceByDom(host)?.resize()));
if (document.readyState === "complete") drawAll();
