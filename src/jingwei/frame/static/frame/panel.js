// A record beside the list: `a[data-panel]` opens there; the list's address says which (`open=`), so back, reload and sharing work.
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");

function addressWith(url) {
  const here = new URL(window.location.href);
  if (url) here.searchParams.set("open", url);
  else here.searchParams.delete("open");
  return here;
}

function show(url) {
  if (!/^\/w\/[\w.]+\/\d+\/$/.test(url)) return;
  document.getElementById("panel-full").href = url;
  if (!panel.open) panel.showModal();
  window.htmx.ajax("GET", url, { target: body, swap: "innerHTML" });
}

function open(url) {
  history.pushState({ panel: url }, "", addressWith(url));
  show(url);
}

if (panel) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (event.target.closest("[data-close-panel]") || event.target === panel) panel.close();
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || window.innerWidth < 768) return;
    event.preventDefault();
    open(link.getAttribute("href"));
  });
  document.addEventListener("jingwei:open-panel", (event) => open(event.detail.url));
  panel.addEventListener("close", () => {
    body.replaceChildren();
    if (new URL(window.location.href).searchParams.has("open")) history.pushState({}, "", addressWith(""));
  });
  window.addEventListener("popstate", () => {
    const url = new URL(window.location.href).searchParams.get("open");
    if (url) show(url);
    else if (panel.open) panel.close();
  });
  const first = new URL(window.location.href).searchParams.get("open");
  if (first) window.addEventListener("load", () => show(first));
}
