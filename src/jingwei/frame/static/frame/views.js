// Boards and calendars: cards move by drag, by arrow keys and by menu; where a card may not go is shown as closed. The server decides, and what it refuses goes back.
const day = 86400000;

const view = () => document.querySelector("[data-moves]");
const cardOf = (element) => element?.closest?.("[data-card]");
const waysOf = (card) => (card.dataset.ways || "").split(" ").filter(Boolean);
const mayGo = (card, place) => waysOf(card).includes("*") || waysOf(card).includes(place);

function send(card, to) {
  const { moves, query } = view().dataset;
  // what the server does not answer with the list (no right, no connection) leaves the card where it was
  window.htmx.ajax("POST", `${card.dataset.move}?${query}`, { target: "#records", swap: "outerHTML", values: { view: moves, to, version: card.dataset.version } });
}

function renew() {
  window.htmx.ajax("GET", window.location.href, { target: "#records", swap: "outerHTML" });
}

function closeTo(card) {
  document.querySelectorAll("[data-place]").forEach((list) => list.classList.toggle("is-closed", Boolean(card) && list !== card.parentElement && !mayGo(card, list.dataset.place)));
}

function arm() {
  document.querySelector("[data-ask]:not([open])")?.showModal();
  if (!window.Sortable) return;
  document.querySelectorAll("[data-moves] [data-place]:not([data-armed])").forEach((list) => {
    list.dataset.armed = "1";
    window.Sortable.create(list, {
      group: { name: "view", put: (to, _from, card) => mayGo(card, to.el.dataset.place) },
      draggable: "[data-card]",
      filter: ".is-fixed",
      preventOnFilter: false,
      sort: false,
      animation: 120,
      delay: 180,
      delayOnTouchOnly: true,
      forceFallback: true,
      fallbackTolerance: 4,
      onStart: (event) => closeTo(event.item),
      onEnd: () => closeTo(null),
      onAdd: (event) => send(event.item, event.to.dataset.place),
    });
  });
}

let across = 0; // how far the board was scrolled before it was drawn anew
document.addEventListener("htmx:beforeSwap", () => { across = document.querySelector(".jw-board")?.scrollLeft || 0; });
// a board that looks again by itself does not take a card out of anybody's hand
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt?.id === "records" && document.querySelector(".sortable-drag, dialog:modal, .jw-card .dropdown-menu.show")) event.preventDefault();
});

function settled() {
  arm();
  const board = document.querySelector(".jw-board");
  if (board) board.scrollLeft = across;
  const host = document.getElementById("records");
  const moved = host?.dataset.moved;
  if (!moved || document.querySelector("dialog:modal")) return;
  delete host.dataset.moved;
  document.querySelector(`[data-card="${moved}"] a`)?.focus();
}

// From card to card, and with Shift a card to another place.
function neighbour(card, key) {
  const lists = [...document.querySelectorAll("[data-moves] [data-place]")];
  const all = [...document.querySelectorAll("[data-moves] [data-card]")];
  const list = card.parentElement;
  const among = [...list.querySelectorAll("[data-card]")];
  if (view().classList.contains("jw-month")) return all[all.indexOf(card) + (key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1)];
  if (key === "ArrowUp" || key === "ArrowDown") return among[among.indexOf(card) + (key === "ArrowUp" ? -1 : 1)];
  const step = key === "ArrowLeft" ? -1 : 1;
  for (let at = lists.indexOf(list) + step; lists[at]; at += step) {
    const there = lists[at].querySelectorAll("[data-card]");
    if (there.length) return there[Math.min(among.indexOf(card), there.length - 1)];
  }
  return null;
}

function further(card, key) {
  const list = card.parentElement;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[key];
  if (view().classList.contains("jw-month")) return new Date(Date.parse(`${list.dataset.place}T00:00:00Z`) + step * day).toISOString().slice(0, 10);
  if (Math.abs(step) > 1) return "";
  const lists = [...document.querySelectorAll("[data-moves] [data-place]")];
  for (let at = lists.indexOf(list) + step; lists[at]; at += step) if (mayGo(card, lists[at].dataset.place)) return lists[at].dataset.place;
  return "";
}

document.addEventListener("keydown", (event) => {
  const card = cardOf(event.target);
  if (!card || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, .dropdown-menu.show, input")) return;
  if (event.key === "m" && waysOf(card).length) {
    event.preventDefault();
    card.querySelector(".jw-card-menu, [data-day-menu]")?.click();
  } else if (event.key.startsWith("Arrow")) {
    if (event.target.matches("[aria-expanded=true]")) return;
    event.preventDefault();
    if (!event.shiftKey) neighbour(card, event.key)?.querySelector("a")?.focus();
    else if (waysOf(card).length) {
      const to = further(card, event.key);
      if (to) send(card, to);
    }
  }
}, true);

let waiting = null;
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-day-menu]");
  const dialog = document.getElementById("day-dialog");
  if (opener && dialog) {
    waiting = cardOf(opener);
    dialog.querySelector("[data-day-row]").textContent = waiting.querySelector("a").textContent;
    document.getElementById("day-value").value = waiting.parentElement.dataset.place;
    dialog.showModal();
  }
  if (event.target.closest("[data-day-cancel]")) dialog.close();
  if (event.target.closest("[data-ask-cancel]")) event.target.closest("dialog").close();
});
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#day-dialog") || !waiting) return;
  event.preventDefault();
  const to = document.getElementById("day-value").value;
  document.getElementById("day-dialog").close();
  if (to) send(waiting, to);
});
document.addEventListener("close", (event) => {
  if (event.target.matches?.("[data-ask]")) settled();
}, true);

document.addEventListener("htmx:responseError", (event) => event.detail.target?.id === "records" && event.detail.requestConfig.verb === "post" && renew());
document.addEventListener("htmx:sendError", () => closeTo(null));
document.addEventListener("htmx:afterSettle", settled);
window.addEventListener("load", settled);
if (document.readyState === "complete") settled();
