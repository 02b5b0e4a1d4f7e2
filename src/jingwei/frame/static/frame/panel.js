// A record beside its list: a click on a row opens it there; the address says which (`open=`), so back, reload and sharing work.
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const narrow = window.matchMedia("(max-width: 767px)");
const clickDelay = 220; // long enough to tell a click from the double click that edits a cell
let cameFrom;
let waiting;

const openNow = () => new URL(window.location.href).searchParams.get("open") || "";

function addressWith(url) {
  const here = new URL(window.location.href);
  if (url) here.searchParams.set("open", url);
  else here.searchParams.delete("open");
  return here;
}

function mark() {
  const url = panel.open ? openNow() : "";
  document.querySelectorAll("tr[data-url]").forEach((row) => row.classList.toggle("is-open", Boolean(url) && row.dataset.url === url));
}

function show(url) {
  if (!/^\/w\/[\w.]+\/\d+\/$/.test(url)) return;
  document.getElementById("panel-full").href = url;
  // Beside the list and not above it: the list stays usable, so the next row is one click away.
  if (!panel.open) panel.show();
  mark();
  window.htmx.ajax("GET", url, { target: body, swap: "innerHTML" }).then(() => panel.open && document.getElementById("panel-close").focus({ preventScroll: true }));
}

function open(url) {
  if (narrow.matches) return window.location.assign(url);
  if (!panel.open) cameFrom = document.activeElement;
  history[panel.open ? "replaceState" : "pushState"]({}, "", addressWith(url));
  return show(url);
}

function shut() {
  if (!panel.open) return;
  panel.close();
  body.replaceChildren();
  if (openNow()) history.pushState({}, "", addressWith(""));
  mark();
  if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
}

function clicked(event) {
  if (event.target.closest("[data-close-panel]")) return shut();
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return undefined;
  const link = event.target.closest("a[data-panel]");
  const row = event.target.closest("tr[data-url]");
  if (!link && (!row || event.target.closest("a, button, input, select, textarea, label, .jw-inline-edit") || String(window.getSelection()))) return undefined;
  event.preventDefault();
  clearTimeout(waiting);
  const url = link?.getAttribute("href") || row.dataset.url;
  if (!event.target.closest(".jw-inline")) return open(url);
  if (event.detail < 2) waiting = setTimeout(() => open(url), clickDelay);
  return undefined;
}

// What was changed in the panel shows in the list at once.
function renewList(event) {
  const list = document.getElementById("records");
  if (!list || !panel.contains(event.detail.target) || event.detail.requestConfig.verb !== "post" || !event.detail.successful) return;
  window.htmx.ajax("GET", addressWith("").href, { target: list, swap: "outerHTML" }).then(mark);
}

if (panel) {
  document.addEventListener("click", clicked);
  document.addEventListener("dblclick", () => clearTimeout(waiting));
  document.addEventListener("jingwei:open-panel", (event) => open(event.detail.url));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || document.querySelector("dialog:modal, .dropdown-menu.show")) return;
    shut();
  });
  document.addEventListener("htmx:afterRequest", renewList);
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target === body) body.textContent = event.detail.xhr.responseText.slice(0, 300);
  });
  window.addEventListener("popstate", () => {
    if (openNow()) show(openNow());
    else shut();
  });
  if (openNow() && !narrow.matches) window.addEventListener("load", () => show(openNow()));
}
