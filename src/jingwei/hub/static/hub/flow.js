// Draws the records-a-minute chart of the monitor and of one interface; redraws after htmx swaps and theme changes.
const palette = { light: ["#2563eb", "#0f766e", "#b91c1c"], dark: ["#7aa7ff", "#4fd1c5", "#ff8a8a"] };

function draw(host) {
  const source = document.getElementById("flow-series");
  if (!source || !window.echarts) return;
  const series = JSON.parse(source.textContent);
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const colours = palette[dark ? "dark" : "light"];
  const text = dark ? "#d0d7e2" : "#3a4657";
  const chart = window.echarts.getInstanceByDom(host) || window.echarts.init(host);
  chart.setOption({
    animation: false,
    color: colours,
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: { top: 0, textStyle: { color: text } },
    grid: { left: 40, right: 10, top: 32, bottom: 24 },
    xAxis: { type: "category", data: series.at, axisLabel: { color: text } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: text }, splitLine: { lineStyle: { color: dark ? "#2b3648" : "#e3e8ef" } } },
    series: ["arrived", "written", "failed"].map((name) => ({
      name: host.dataset[name], type: "line", showSymbol: false, smooth: true, data: series[name], areaStyle: name === "arrived" ? { opacity: 0.12 } : undefined,
    })),
  }, true);
}

function drawAll() {
  document.querySelectorAll("[data-chart=flow]").forEach(draw);
}

window.addEventListener("load", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("jingwei:theme-changed", drawAll);
window.addEventListener("resize", () => document.querySelectorAll("[data-chart=flow]").forEach((host) => window.echarts?.getInstanceByDom(host)?.resize()));
if (document.readyState === "complete") drawAll();
