// Short messages at the edge of the page, and taking back what was done last: by the button of such a message, or with Ctrl-Z while nothing is typed into.
export function toast(text) {
  const box = document.createElement("div");
  box.className = "alert alert-info jw-toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => (box.querySelector("[data-undo]") ? (box.hidden = true) : box.remove()), 12000); // what is out of sight can still be taken back
  return box;
}

document.addEventListener("jingwei:toast", (event) => toast(event.detail.text || event.detail.value));

document.addEventListener("jingwei:undoable", (event) => {
  document.querySelectorAll("[data-undo]").forEach((former) => former.remove()); // only the last one is taken back
  const { text, address, label, trace } = event.detail;
  const form = Object.assign(document.createElement("form"), { method: "post", action: address, className: "d-inline" });
  form.dataset.undo = "";
  const values = { csrfmiddlewaretoken: JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"], next: window.location.pathname + window.location.search, trace };
  for (const [name, value] of Object.entries(values)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.append(Object.assign(document.createElement("button"), { className: "btn btn-sm ms-2", type: "submit", textContent: label }));
  toast(text).append(form);
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog:modal") || event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  setTimeout(() => event.defaultPrevented || document.querySelector("[data-undo]")?.requestSubmit()); // a page with an undo of its own goes first
});
