// Values edited where they are shown: in a list, on a record's page, in the panel. Enter saves, Esc leaves them as they were.
document.addEventListener("htmx:afterSwap", (event) => {
  const input = document.querySelector(".jw-inline-edit input:not([type=hidden]), .jw-inline-edit select, .jw-inline-edit textarea");
  if (input) input.focus();
  else if (event.detail.elt.matches?.(".jw-inline[tabindex]")) event.detail.elt.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const edit = event.target.closest(".jw-inline-edit");
  if (edit) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation(); // the panel stays open
      edit.querySelector("[data-cancel]").click();
    }
    if (event.key === "Enter" && event.target.tagName !== "TEXTAREA" && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      edit.querySelector("[data-save]").click();
    }
    return;
  }
  if (event.key === "Enter" && event.target.matches(".jw-inline")) {
    event.preventDefault();
    event.target.dispatchEvent(new Event("jw-edit"));
  }
}, true);
