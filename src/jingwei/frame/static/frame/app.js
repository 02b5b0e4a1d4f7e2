// What every page does: theme switch, live events, toasts, keys.
import "./palette.js";
import "./panel.js";
import "./inline.js";

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  document.documentElement.dataset.bsTheme = next;
  localStorage.setItem("jingwei-theme", next);
  document.dispatchEvent(new CustomEvent("jingwei:theme-changed"));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.submit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) document.getElementById("keys").showModal();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.isComposing || document.querySelector("dialog:modal") || event.target.closest("input, textarea, select, [contenteditable]")) return;
  document.getElementById("keys")?.showModal();
});

// On a narrow screen the tab one is on must not hide beyond the edge.
document.querySelector(".jw-tab.active")?.scrollIntoView({ inline: "center", block: "nearest" });

// What scrolls sideways must be reachable by keyboard.
function reachable() {
  document.querySelectorAll(".table-responsive, .jw-board").forEach((area) => {
    if (!area.hasAttribute("tabindex")) area.tabIndex = 0;
  });
}
reachable();
document.addEventListener("htmx:afterSettle", reachable);

const address = document.body.dataset.events;
if (address) {
  const source = new EventSource(address);
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    document.dispatchEvent(new CustomEvent(`jingwei:${told.topic}`, { detail: told }));
  };
}

// What a page asks by itself (an event, a clock) is marked: it is no sign that anybody sits there, and keeps no session alive.
document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (!cause || cause.type.startsWith("jingwei:")) event.detail.headers["X-Unattended"] = "1";
});

document.addEventListener("htmx:responseError", (event) => {
  toast(event.detail.xhr.status === 403 ? event.detail.xhr.responseText.slice(0, 200) : `${event.detail.xhr.status}`);
});
document.addEventListener("jingwei:toast", (event) => toast(event.detail.text || event.detail.value));

export function toast(text) {
  const host = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = "alert alert-info jw-toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  host.append(box);
  setTimeout(() => box.remove(), 6000);
}
