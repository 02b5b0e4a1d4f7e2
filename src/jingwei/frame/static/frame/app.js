// What every page does: theme, menu, live events, messages, questions before dangerous steps.
import "./palette.js";
import "./panel.js";

const root = document.documentElement;

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-theme-switch]")) {
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("jingwei-theme", root.dataset.bsTheme);
    document.dispatchEvent(new CustomEvent("jingwei:theme-changed"));
  } else if (at("[data-menu-fold]")) {
    root.dataset.menu = root.dataset.menu === "small" ? "wide" : "small";
    localStorage.setItem("jingwei-menu", root.dataset.menu);
  } else if (at("[data-close-toast]")) at(".jw-toast").remove();
  else if (at("[data-open-keys]")) document.getElementById("keys").showModal();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Whoever is about to do something with data-confirm is asked first, in a dialog of ours.
document.addEventListener("submit", async (event) => {
  const text = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (!text || event.target.dataset.confirmed) return;
  event.preventDefault();
  event.stopPropagation();
  if (!(await confirmed(text))) return;
  event.target.dataset.confirmed = "yes";
  event.target.requestSubmit(event.submitter);
  delete event.target.dataset.confirmed;
}, true);

document.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await confirmed(event.detail.question)) event.detail.issueRequest(true);
});

export function confirmed(text) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

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
  window.addEventListener("pagehide", () => source.close());
}

document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const isText = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  toast(isText ? responseText.slice(0, 300) : `${status}`, { tone: "bad" });
});
document.addEventListener("htmx:sendError", () => toast(root.lang === "en" ? "The server cannot be reached. Try again." : "无法连接服务器，请重试。", { tone: "bad" }));
document.addEventListener("jingwei:toast", (event) => toast(event.detail.text || event.detail.value, event.detail));

// A message that goes by itself, unless one looks at it.
export function toast(text, { undo = false, tone = "" } = {}) {
  const box = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  box.querySelector(".jw-toast-text").textContent = text;
  box.querySelector("form").hidden = !undo;
  if (tone) box.classList.add(`is-${tone}`);
  document.getElementById("toasts").append(box);
  leaveLater(box);
}

function leaveLater(box) {
  let timer;
  const start = () => (timer = setTimeout(() => box.remove(), box.querySelector("form:not([hidden])") ? 12000 : 6000));
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("focusin", () => clearTimeout(timer));
  box.addEventListener("pointerleave", start);
  box.addEventListener("focusout", start);
  start();
}
document.querySelectorAll("#toasts .jw-toast").forEach(leaveLater);
