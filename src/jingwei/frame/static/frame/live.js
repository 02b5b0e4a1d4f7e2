// The page of a row shows what the row is now: when somebody else or the machine has changed it, its parts are asked for anew, but not under a hand that types.
const typing = "input, textarea, select";
let waiting = 0;
const asked = new WeakMap(); // by row: how often it was asked for

const shownRows = () => [...document.querySelectorAll("[data-live-row]")];
const around = (shown) => shown.closest("#panel-body") || document.getElementById("content");

function concerns({ liveRow, liveProject }, told) {
  if (told.refresh) return true;
  if (told.topic !== "row-changed") return !told.project || String(told.project) === liveProject;
  const [resource, pk] = liveRow.split(":");
  return told.resource === resource && (!told.rows.length || told.rows.includes(Number(pk)));
}

function isTypedIn(place) {
  if (place.querySelector(".jw-inline-edit")) return true;
  if (place.contains(document.activeElement) && document.activeElement.matches(typing)) return true;
  return [...place.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
}

// What tells an element from its neighbours also when it is made anew.
const markOf = (element) => ["hx-get", "href", "id"].map((name) => element?.getAttribute?.(name) && `[${name}="${CSS.escape(element.getAttribute(name))}"]`).find(Boolean);
const sense = (element) => element.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");

function put(old, fresh) {
  if (sense(old) === sense(fresh)) return;
  const focus = old.contains(document.activeElement) && markOf(document.activeElement);
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  fresh.querySelectorAll("details").forEach((each, number) => { each.open = Boolean(open[number]); });
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  if (focus) fresh.querySelector(focus)?.focus({ preventScroll: true });
}

async function renew(shown) {
  const place = around(shown);
  if (isTypedIn(place)) return void shown.setAttribute("data-live-stale", "");
  shown.removeAttribute("data-live-stale");
  const mine = (asked.get(shown) ?? 0) + 1;
  asked.set(shown, mine);
  const answer = await fetch(shown.dataset.liveUrl, { headers: { "HX-Request": "true", "X-Unattended": "1" }, credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected || !shown.isConnected) return;
  const text = await answer.text();
  if (asked.get(shown) !== mine) return; // what came later told of later
  const now = new DOMParser().parseFromString(text, "text/html");
  if (isTypedIn(place)) return void shown.setAttribute("data-live-stale", "");
  for (const old of place.querySelectorAll("[data-live]")) {
    const isNarrowed = old.querySelector("[aria-pressed=true]:not(:first-child)"); // a choice of what to show stays
    const fresh = !isNarrowed && now.querySelector(`[data-live="${old.dataset.live}"]`);
    if (fresh) put(old, document.importNode(fresh, true));
  }
}

function renewSoon(which, pause) {
  which.forEach((shown) => shown.setAttribute("data-live-stale", ""));
  clearTimeout(waiting);
  waiting = setTimeout(() => document.querySelectorAll("[data-live-stale]").forEach(renew), pause);
}

function sayForecast({ finish, project }) {
  const shown = shownRows().find((each) => each.dataset.liveProject === String(project));
  if (!finish || !shown) return;
  const text = shown.dataset.forecast.replace("{before}", finish[0]).replace("{after}", finish[1]);
  document.dispatchEvent(new CustomEvent("jingwei:toast", { detail: { text } }));
}

for (const topic of ["row-changed", "plan-changed", "health-changed"]) {
  document.addEventListener(`jingwei:${topic}`, ({ detail }) => {
    const which = shownRows().filter((shown) => concerns(shown.dataset, detail));
    if (which.length) renewSoon(which, 400);
    if (topic === "plan-changed") sayForecast(detail);
  });
}
const handsOff = () => document.querySelector("[data-live-stale]") && renewSoon([], 400);
document.addEventListener("focusout", handsOff);
document.addEventListener("htmx:afterSettle", handsOff);
