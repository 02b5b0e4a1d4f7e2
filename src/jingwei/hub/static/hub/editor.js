// A preview that comes back late must not wipe what was typed meanwhile: it is dropped, and the newest form is asked for again.
let edits = 0;
const askedAt = new WeakMap();
// of the form itself; what a button asked for is carried out in any case
const isEditor = (event) => event.detail.target?.id === "editor" && event.detail.requestConfig?.elt?.id === "editor";

document.addEventListener("input", (event) => {
  if (event.target.closest("#editor")) edits += 1;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isEditor(event)) askedAt.set(event.detail.xhr, edits);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isEditor(event) || askedAt.get(event.detail.xhr) === edits) return;
  event.detail.shouldSwap = false;
  const focused = document.activeElement;
  // Whoever is still typing asks again by leaving the field; otherwise nobody would.
  if (!focused?.closest("#editor") || !focused.matches("input[type=text], input:not([type]), textarea")) document.getElementById("editor").dispatchEvent(new Event("change"));
});
