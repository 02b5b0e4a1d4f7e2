// Drag and drop on the board; the menu in each card does the same by keyboard.
function arm() {
  document.querySelectorAll(".jw-cards[data-may-edit]").forEach((column) => {
    if (column.dataset.armed || !window.Sortable) return;
    column.dataset.armed = "1";
    window.Sortable.create(column, {
      group: "board",
      animation: 120,
      onAdd: (event) => {
        const { task, version } = event.item.dataset;
        window.htmx.ajax("POST", column.dataset.move, { target: "#board", swap: "outerHTML", values: { task, version, status: column.dataset.status } });
      },
    });
  });
}
window.addEventListener("load", arm);
document.addEventListener("htmx:afterSettle", arm);
if (document.readyState === "complete") arm();
