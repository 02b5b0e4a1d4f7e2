// Files that are dropped, and people who are mentioned: typing @ opens a list of those who may see the row.
document.addEventListener("dragover", (event) => {
  const area = event.target.closest?.("[data-drop]");
  if (!area || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  area.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => event.target.closest?.("[data-drop]")?.classList.remove("is-over"));
document.addEventListener("drop", (event) => {
  const area = event.target.closest?.("[data-drop]");
  if (!area || !event.dataTransfer.files.length) return;
  event.preventDefault();
  area.classList.remove("is-over");
  area.querySelector("input[type=file]").files = event.dataTransfer.files;
  area.requestSubmit();
});

let list = null;
let asked = 0;
let waiting;

// What is typed behind the @ before the caret, and where it begins; null when nobody is being mentioned.
function typed(area) {
  const found = /(?:^|[^A-Za-z0-9._+-])@([^\s@]{0,30})$/.exec(area.value.slice(0, area.selectionStart));
  return found ? { words: found[1], start: area.selectionStart - found[1].length } : null;
}

function shut(area) {
  asked += 1;
  list?.remove();
  list = null;
  area?.removeAttribute("aria-activedescendant");
  area?.setAttribute("aria-expanded", "false");
}

function choose(area, name) {
  const here = typed(area);
  if (here) area.setRangeText(`${name} `, here.start, area.selectionStart, "end");
  shut(area);
  area.focus();
}

function mark(area, to) {
  const lines = [...list.children];
  lines.forEach((line, number) => line.setAttribute("aria-selected", String(number === (to + lines.length) % lines.length)));
  const chosen = list.querySelector("[aria-selected=true]");
  area.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
}

async function offer(area) {
  const here = typed(area);
  if (!here) return shut(area);
  const mine = (asked += 1);
  const answer = await fetch(`${area.dataset.mention}?q=${encodeURIComponent(here.words)}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || mine !== asked) return undefined;
  const { items } = await answer.json();
  if (mine !== asked) return undefined;
  shut(area);
  if (!items.length) return undefined;
  list = document.createElement("ul");
  list.className = "jw-people";
  list.id = "people-to-mention";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "@");
  list.append(...items.map((item, number) => {
    const line = document.createElement("li");
    line.id = `person-${number}`;
    line.setAttribute("role", "option");
    line.dataset.name = item.value;
    line.textContent = item.label === item.value ? item.value : `${item.label} · ${item.value}`;
    return line;
  }));
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const line = event.target.closest("li");
    if (line) choose(area, line.dataset.name);
  });
  area.after(list);
  area.setAttribute("role", "combobox");
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("aria-expanded", "true");
  return mark(area, 0);
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-mention]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => offer(event.target), 150);
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches("[data-mention]")) shut(event.target);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-mention]") || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.target.form.requestSubmit();
  if (!list) return undefined;
  const now = [...list.children].findIndex((line) => line.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(event.target, now + (event.key === "ArrowDown" ? 1 : -1));
  else if (event.key === "Enter" || event.key === "Tab") choose(event.target, list.children[now].dataset.name);
  else if (event.key === "Escape") shut(event.target);
  else return undefined;
  event.stopPropagation();
  return event.preventDefault();
}, true);
