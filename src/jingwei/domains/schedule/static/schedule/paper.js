// The print button of the sheets.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
