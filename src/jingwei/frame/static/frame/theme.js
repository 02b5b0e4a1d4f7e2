// Sets theme and menu width before the first paint, so nothing flashes.
(() => {
  const root = document.documentElement;
  const kept = localStorage.getItem("jingwei-theme");
  const dark = kept ? kept === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.bsTheme = dark ? "dark" : "light";
  root.dataset.menu = localStorage.getItem("jingwei-menu") === "small" ? "small" : "wide";
})();
