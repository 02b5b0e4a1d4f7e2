// What every page does: theme switch, live events, toasts, keys.
import "./palette.js";
import "./panel.js";
import "./inline.js";
import "./carried.js";
import "./pick.js";
import "./live.js";
import "./forms.js";
import { toast } from "./toasts.js";

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  document.documentElement.dataset.bsTheme = next;
  localStorage.setItem("jingwei-theme", next);
  document.dispatchEvent(new CustomEvent("jingwei:theme-changed"));
});

// The menu of a wide screen is folded away and stays so.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-menu-fold]")) return;
  const folded = document.documentElement.toggleAttribute("data-menu-folded");
  localStorage.setItem("jingwei-menu", folded ? "folded" : "open");
});

// What waits is asked once a page and told wherever it is shown.
document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.target.matches(".jw-waits")) return;
  document.querySelectorAll(".jw-waits").forEach((copy) => { if (copy !== event.target) copy.innerHTML = event.target.innerHTML; });
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.submit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) document.getElementById("keys").showModal();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal") || event.target.closest("input, textarea, select, [contenteditable]")) return;
  document.getElementById("keys")?.showModal();
});

// On a narrow screen the tab one is on must not hide beyond the edge.
document.querySelector(".jw-tab.active")?.scrollIntoView({ inline: "center", block: "nearest" });

// What is shown only once is copied whole; where the browser lends no clipboard, it is marked to be copied by hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.previousElementSibling;
  getSelection().selectAllChildren(text);
  try { await navigator.clipboard.writeText(text.textContent); } catch { return; }
  button.classList.add("active");
});

// A table whose rows are cards on a phone has each cell named by its heading.
function nameCells() {
  document.querySelectorAll("table.jw-stack").forEach((table) => {
    const headings = [...table.querySelectorAll(":scope > thead > tr > th")].map((each) => (each.querySelector(".visually-hidden") ? "" : each.textContent.trim()));
    table.querySelectorAll(":scope > tbody > tr").forEach((row) => {
      if (row.cells.length !== headings.length) return;
      [...row.cells].forEach((cell, place) => { if (headings[place]) cell.dataset.label = headings[place]; });
    });
  });
}
nameCells();
document.addEventListener("htmx:afterSettle", nameCells);

// What scrolls sideways must be reachable by keyboard.
function reachable() {
  document.querySelectorAll(".table-responsive, .jw-board").forEach((area) => {
    if (!area.hasAttribute("tabindex")) area.tabIndex = 0;
  });
}
reachable();
document.addEventListener("htmx:afterSettle", reachable);

// Live events. A page that nobody looks at lets go of its stream after a minute and goes on from the same place when it is seen again.
const address = document.body.dataset.events;
const topics = ["row-changed", "plan-changed", "flow-changed", "health-changed", "notified"];
let source = null;
let place = new URLSearchParams((address || "").split("?")[1]).get("after") || "";
let letGo = 0;
let pause = 5000;
function tell(topic, detail) {
  document.dispatchEvent(new CustomEvent(`jingwei:${topic}`, { detail }));
}
function listen() {
  if (!address || (source && source.readyState !== EventSource.CLOSED)) return;
  source = new EventSource(`${address.split("?")[0]}?after=${encodeURIComponent(place)}`);
  source.onopen = () => { pause = 5000; };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED || document.hidden) return; // the browser tries again by itself
    setTimeout(listen, pause * (1 + Math.random())); // it was refused: the database is away, or we are no longer logged in
    pause = Math.min(pause * 2, 300000);
  };
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    place = message.lastEventId || place;
    if (told.topic !== "refresh") tell(told.topic, told);
    else topics.forEach((topic) => tell(topic, { topic, refresh: true })); // something may have been missed: look at everything anew
  };
}
document.addEventListener("visibilitychange", () => {
  clearTimeout(letGo);
  if (document.hidden) letGo = setTimeout(() => { source?.close(); }, 60000);
  else listen();
});
window.addEventListener("pagehide", () => source?.close());
window.addEventListener("pageshow", listen);
listen();

// What a page asks by itself (an event, a clock) is marked: it is no sign that anybody sits there, and keeps no session alive.
document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (!cause || cause.type.startsWith("jingwei:")) event.detail.headers["X-Unattended"] = "1";
});

document.addEventListener("htmx:responseError", (event) => {
  toast(event.detail.xhr.status === 403 ? event.detail.xhr.responseText.slice(0, 200) : `${event.detail.xhr.status}`);
});
