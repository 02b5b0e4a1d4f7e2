// Sets the theme and the menu's width before the first paint, so nothing flashes.
(() => {
  const kept = localStorage.getItem("jingwei-theme");
  const dark = kept ? kept === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  document.documentElement.toggleAttribute("data-menu-folded", localStorage.getItem("jingwei-menu") === "folded");
})();
