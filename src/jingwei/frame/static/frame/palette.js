// Ctrl-K: everything a person may open or do, found while typing and chosen by keyboard; what was opened lately comes first.
const palette = document.getElementById("palette");
const words = document.getElementById("palette-words");
const hits = document.getElementById("palette-hits");
const recentAtMost = 6;
let waiting;
let asked = 0;
let lines = [];
let stale = false; // the words are newer than the lines
let wanted = false; // Enter was pressed while they were

// Kept by person: two people at one machine do not see what the other opened.
const recentName = `jingwei-recent-${palette?.dataset.person}`;

function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(recentName) || "[]");
    return Array.isArray(kept) ? kept.filter((line) => typeof line.url === "string" && line.url.startsWith("/") && !line.url.startsWith("//")) : [];
  } catch {
    return [];
  }
}

function remember(line) {
  const kept = [{ title: line.title, url: line.url, icon: line.icon }, ...recent().filter((each) => each.url !== line.url)];
  localStorage.setItem(recentName, JSON.stringify(kept.slice(0, recentAtMost)));
}

export function openPalette(text = "") {
  if (!palette.open) palette.showModal();
  words.value = text;
  words.focus();
  wanted = false;
  ask();
}

async function ask() {
  const number = ++asked;
  const answer = await fetch(`${palette.dataset.address}?q=${encodeURIComponent(words.value.trim())}`, { headers: { Accept: "application/json" } });
  const found = answer.ok && number === asked ? await answer.json() : null;
  if (!found || number !== asked) return;
  stale = false;
  show(found);
  if (wanted && palette.open && lines.length) perform(lines[0]);
  wanted = false;
}

function show(found) {
  lines = [];
  hits.replaceChildren();
  if (!words.value.trim()) {
    // A page's title follows the present language; a record's is its own.
    const named = new Map(found.commands.map((line) => [line.url, line]));
    group(palette.dataset.recent, recent().map((line) => named.get(line.url) || line));
  }
  group(palette.dataset.commands, found.commands);
  found.groups.forEach((each) => group(each.title, each.hits.map((hit) => ({ icon: each.icon, ...hit }))));
  if (!lines.length) {
    const nothing = document.createElement("div");
    nothing.className = "jw-palette-group";
    nothing.textContent = palette.dataset.nothing;
    hits.append(nothing);
  }
  choose(0);
}

function group(title, added) {
  if (!added.length) return;
  const box = document.createElement("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  const head = document.createElement("div");
  head.className = "jw-palette-group";
  head.textContent = title;
  head.setAttribute("aria-hidden", "true");
  box.append(head, ...added.map(option));
  hits.append(box);
}

function option(line) {
  const hit = document.createElement("div");
  const text = document.createElement("span");
  text.textContent = line.title;
  hit.className = "jw-palette-hit";
  hit.id = `hit-${lines.length}`;
  hit.dataset.number = lines.length;
  if (line.url) hit.dataset.url = line.url;
  hit.setAttribute("role", "option");
  hit.setAttribute("aria-selected", "false");
  hit.append(picture(line.icon), text);
  if (line.project) {
    const place = document.createElement("span");
    place.className = "jw-palette-place text-secondary";
    place.textContent = line.project;
    hit.append(place);
  }
  lines.push(line);
  return hit;
}

function picture(name) {
  const model = palette.querySelector("svg").cloneNode(true);
  const use = model.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#i-${name || "chevron-right"}`));
  return model;
}

const chosen = () => hits.querySelector("[aria-selected=true]");

function choose(number) {
  chosen()?.setAttribute("aria-selected", "false");
  const hit = document.getElementById(`hit-${number}`);
  if (!hit) return words.removeAttribute("aria-activedescendant");
  hit.setAttribute("aria-selected", "true");
  // the first line brings its heading with it
  (number ? hit : hit.parentElement.firstElementChild).scrollIntoView({ block: "nearest" });
  return words.setAttribute("aria-activedescendant", hit.id);
}

// Actions press what the page has already, so both ways obey the same rules.
function perform(line) {
  palette.close();
  if (line.action === "theme") document.querySelector("[data-theme-switch]").click();
  else if (line.action === "keys") document.getElementById("keys").showModal();
  else if (line.action === "language") document.querySelector(".jw-top button[name=language]").click();
  else if (line.action === "project") {
    const form = document.querySelector(".jw-project");
    form.elements.project.value = line.value;
    form.elements.next.value = line.url;
    form.submit();
  } else {
    remember(line);
    window.location.assign(line.url);
  }
}

function pressed(event) {
  // An Enter or an arrow that belongs to an input method chooses characters, not lines.
  if (event.isComposing || event.keyCode === 229) return;
  const now = Number(chosen()?.dataset.number ?? -1);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose((now + (event.key === "ArrowDown" ? 1 : -1) + lines.length) % lines.length);
  } else if (event.key === "Enter" && (stale || lines[now])) {
    event.preventDefault();
    if (stale) wanted = true;
    else perform(lines[now]);
  }
}

if (palette) {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) openPalette();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    }
  });
  words.addEventListener("input", () => {
    asked += 1; // an answer still on its way belongs to other words
    stale = true;
    wanted = false;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  palette.addEventListener("keydown", pressed);
  palette.addEventListener("click", (event) => {
    const hit = event.target.closest("[role=option]");
    if (hit) perform(lines[hit.dataset.number]);
    else if (event.target === palette) palette.close();
  });
}
