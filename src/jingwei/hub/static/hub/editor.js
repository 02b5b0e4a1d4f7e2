// The mapping editor: previews that come back late, and the draft that is kept while one types.

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

// The draft. One request at a time; what changes meanwhile is sent after it.
const form = document.getElementById("mapping-form");
const state = document.getElementById("draft-state");
const clash = document.getElementById("draft-clash");
const quiet = 700; // after the last stroke
let timer = 0;
let pause = 5000;
let isSending = false;
let isLeaving = false;
const held = () => new URLSearchParams([...new FormData(form)].filter(([name]) => !["csrfmiddlewaretoken", "seen"].includes(name)));
let saved = form && !("isTyped" in form.dataset) ? held().toString() : "";

// Logging in again gives a new token; the cookie always has the one of now.
function token() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1];
  if (cookie) form.elements.csrfmiddlewaretoken.value = cookie;
  return form.elements.csrfmiddlewaretoken.value;
}

function tell(text, isBad = false) {
  state.textContent = text;
  state.classList.toggle("text-danger", isBad);
  state.classList.toggle("text-secondary", !isBad);
}

function later(wait = quiet) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

async function save(options = {}) {
  if (isSending || clash.childElementCount || held().toString() === saved) return;
  const body = held();
  const sent = body.toString();
  body.set("seen", form.elements.seen.value);
  isSending = true;
  tell(form.dataset.saving);
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body, redirect: "manual", headers: { "X-CSRFToken": token() }, ...options });
    await heard(answer, sent);
  } catch {
    failed(form.dataset.noLine);
  }
  isSending = false;
  if (saved === sent && held().toString() !== saved) later();
}

async function heard(answer, sent) {
  if (answer.ok) {
    const told = await answer.json();
    form.elements.seen.value = told.seen;
    [saved, pause] = [sent, 5000];
    document.getElementById("discard").hidden = false;
    tell(told.text);
  } else if (answer.status === 409) {
    clash.innerHTML = (await answer.json()).html;
    tell(clash.querySelector("h2").textContent, true);
    clash.scrollIntoView({ block: "nearest" });
  } else if (answer.type === "opaqueredirect" || answer.status === 401) {
    failed(form.dataset.loggedOut);
  } else if (answer.status === 403) { // the right is gone, or the session with all that belongs to it
    const page = await fetch(location.href, { redirect: "manual" });
    failed(page.type === "opaqueredirect" ? form.dataset.loggedOut : form.dataset.denied);
  } else {
    failed(form.dataset.failed);
  }
}

function failed(text) {
  tell(text, true);
  later(pause);
  pause = Math.min(pause * 2, 60000);
}

if (form) {
  form.addEventListener("input", () => later());
  form.addEventListener("change", () => later());
  document.addEventListener("htmx:afterSettle", () => later());
  if ("isTyped" in form.dataset) later(0);
  form.addEventListener("submit", () => { token(); isLeaving = true; clearTimeout(timer); });
  clash.addEventListener("click", (event) => {
    const mine = event.target.closest("[data-keep-mine]");
    if (event.target.closest("[data-take-theirs]")) isLeaving = true;
    if (!mine) return;
    form.elements.seen.value = mine.dataset.keepMine;
    clash.replaceChildren();
    save();
  });
  // Who goes takes nothing along that is not kept: the last strokes are sent on the way out, and what cannot be is asked about.
  document.addEventListener("visibilitychange", () => { if (document.hidden) save({ keepalive: true }); });
  window.addEventListener("beforeunload", (event) => {
    if (isLeaving || held().toString() === saved) return;
    save({ keepalive: true });
    if (state.classList.contains("text-danger")) event.preventDefault();
  });
}
