// One way to draw a chart: `chart(name, draw)` calls draw(host, tools) for every [data-chart=name], again after swaps and theme changes.
// The colours are told apart without hue (lightness differs) and hold 3:1 on both grounds.
const tones = {
  light: { text: "#3a4657", line: "#e3e8ef", ground: "#ffffff", plain: "#64748b", blue: "#2563eb", green: "#0b6b3a", red: "#b42318", amber: "#9a5b00", violet: "#6d28d9" },
  dark: { text: "#d0d7e2", line: "#2b3648", ground: "#182433", plain: "#a3b1c6", blue: "#7aa7ff", green: "#7ee2a8", red: "#ff8a80", amber: "#ffc46b", violet: "#c4a7ff" },
};

export function toneNow() {
  return tones[document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light"];
}

export function series(id) {
  const source = document.getElementById(id);
  return source ? JSON.parse(source.textContent) : null;
}

export function axes(tone, { x = {}, y = {} } = {}) {
  const label = { color: tone.text };
  return {
    xAxis: { axisLabel: label, nameTextStyle: label, splitLine: { show: false }, ...x },
    yAxis: { type: "value", axisLabel: label, nameTextStyle: label, splitLine: { lineStyle: { color: tone.line } }, ...y },
    legend: { top: 0, textStyle: label },
    grid: { left: 64, right: 20, top: 36, bottom: 36 },
    animation: false,
  };
}

const drawers = new Map();

function drawAll() {
  if (!window.echarts) return;
  for (const [name, draw] of drawers) {
    document.querySelectorAll(`[data-chart=${name}]`).forEach((host) => {
      const option = draw(host, toneNow());
      if (!option) return;
      const picture = window.echarts.getInstanceByDom(host) || window.echarts.init(host);
      picture.setOption(option, true);
    });
  }
}

export function chart(name, draw) {
  drawers.set(name, draw);
  if (document.readyState === "complete") drawAll();
}

window.addEventListener("load", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("jingwei:theme-changed", drawAll);
window.addEventListener("resize", () => document.querySelectorAll("[data-chart]").forEach((host) => window.echarts?.getInstanceByDom(host)?.resize()));
