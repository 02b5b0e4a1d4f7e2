// Sets the theme before the first paint, so nothing flashes.
(() => {
  const kept = localStorage.getItem("jingwei-theme");
  const dark = kept ? kept === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
