// Values edited where they are shown: in a list, on a record's page, in the panel. Enter saves, Esc leaves them as they were.
// What is typed before the field has come is held for it; none of it is a command.
let held = null;
const letGo = () => { held = null; };
document.addEventListener("jw-edit", () => { held = ""; }, true);
document.addEventListener("keydown", (event) => {
  if (held === null || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.key === "Escape") letGo();
  else if (event.key.length === 1) held += event.key;
  else if (event.key === "Backspace") held = held.slice(0, -1);
}, true);
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:swapError"]) document.addEventListener(failure, letGo);

function takeHeld(input) {
  if (held && input.matches("input, textarea") && !["checkbox", "date", "datetime-local"].includes(input.type)) {
    input.value = held;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  letGo();
}

document.addEventListener("htmx:afterSwap", (event) => {
  const input = document.querySelector(".jw-inline-edit input:not([type=hidden]), .jw-inline-edit select, .jw-inline-edit textarea");
  if (input) {
    input.focus();
    takeHeld(input);
  } else if (event.detail.elt.matches?.(".jw-inline[tabindex]")) event.detail.elt.focus();
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
