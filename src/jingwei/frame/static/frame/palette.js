// Ctrl-K: everything a person may open, found while typing and chosen by keyboard.
const palette = document.getElementById("palette");
const words = document.getElementById("palette-words");
const hits = document.getElementById("palette-hits");
let waiting;
let asked = 0;

function open(text = "") {
  if (!palette.open) palette.showModal();
  words.value = text;
  words.focus();
  ask();
}

async function ask() {
  const number = ++asked;
  const answer = await fetch(`${palette.dataset.address}?q=${encodeURIComponent(words.value.trim())}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || number !== asked) return;
  show(await answer.json());
}

function show(found) {
  hits.replaceChildren();
  if (found.commands.length) group(palette.dataset.commands, found.commands);
  found.groups.forEach((each) => group(each.title, each.hits.map((hit) => ({ icon: each.icon, ...hit }))));
  if (!hits.children.length) {
    const nothing = document.createElement("div");
    nothing.className = "jw-palette-group";
    nothing.textContent = palette.dataset.nothing;
    hits.append(nothing);
  }
  choose(hits.querySelector("[role=option]"));
}

function group(title, lines) {
  const box = document.createElement("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  const head = document.createElement("div");
  head.className = "jw-palette-group";
  head.textContent = title;
  head.setAttribute("aria-hidden", "true");
  box.append(head);
  lines.forEach((line) => {
    const hit = document.createElement("div");
    hit.className = "jw-palette-hit";
    hit.id = `hit-${hits.querySelectorAll("[role=option]").length + box.querySelectorAll("[role=option]").length}`;
    hit.setAttribute("role", "option");
    hit.dataset.url = line.url;
    const text = document.createElement("span");
    text.textContent = line.title;
    hit.append(picture(line.icon), text);
    box.append(hit);
  });
  hits.append(box);
}

function picture(name) {
  const model = palette.querySelector("svg").cloneNode(true);
  const use = model.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#i-${name || "chevron-right"}`));
  return model;
}

function choose(hit) {
  hits.querySelectorAll("[aria-selected]").forEach((each) => each.removeAttribute("aria-selected"));
  if (!hit) return words.removeAttribute("aria-activedescendant");
  hit.setAttribute("aria-selected", "true");
  hit.scrollIntoView({ block: "nearest" });
  return words.setAttribute("aria-activedescendant", hit.id);
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  palette.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const lines = [...hits.querySelectorAll("[role=option]")];
    const now = lines.findIndex((line) => line.getAttribute("aria-selected"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(lines[(now + (event.key === "ArrowDown" ? 1 : -1) + lines.length) % lines.length]);
    } else if (event.key === "Enter" && lines[now]) {
      event.preventDefault();
      window.location.assign(lines[now].dataset.url);
    }
  });
  hits.addEventListener("click", (event) => {
    const hit = event.target.closest("[role=option]");
    if (hit) window.location.assign(hit.dataset.url);
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
}
