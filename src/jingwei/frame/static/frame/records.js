// Lists and forms: choosing rows, keyboard, further lines, inline edits.
function refreshBulk() {
  const bar = document.querySelector(".jw-bulk");
  if (!bar) return;
  const count = document.querySelectorAll("#bulk-form input[name=pk]:checked").length;
  const told = bar.querySelector("[data-bulk-count]");
  bar.hidden = !count;
  told.textContent = told.dataset.bulkCount.replace("{count}", count);
}

// One field of all chosen rows: the field first, then its value.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-bulk-field]")) return;
  const name = event.target.value;
  document.querySelectorAll("[data-bulk-value]").forEach((each) => (each.hidden = each.dataset.bulkValue !== name));
  const save = document.querySelector("[data-bulk-save]");
  save.disabled = !name;
  save.value = `set:${name}`;
  document.querySelector("[data-bulk-value]:not([hidden]) :is(input:not([type=hidden]), select, textarea)")?.focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-check-all]")) document.querySelectorAll("#bulk-form input[name=pk]").forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches("[data-check-all], input[name=pk]")) refreshBulk();
});

document.addEventListener("click", (event) => {
  const adder = event.target.closest("[data-add-child]");
  if (!adder) return;
  const name = adder.dataset.addChild;
  const table = document.querySelector(`[data-children="${name}"] tbody`);
  const counter = document.querySelector(`input[name="${name}-rows"]`);
  const number = Number(counter.value);
  const row = table.rows[table.rows.length - 1].cloneNode(true);
  row.querySelectorAll(".invalid-feedback").forEach((told) => told.remove());
  row.querySelectorAll("input").forEach((input) => {
    input.classList.remove("is-invalid");
    input.removeAttribute("aria-invalid");
    input.name = input.name.replace(/-\d+-/, `-${number}-`);
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
    if (input.hasAttribute("aria-label")) input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, number + 1));
  });
  table.append(row);
  counter.value = number + 1;
  row.querySelector("input")?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.isComposing || document.querySelector("dialog:modal") || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll(".jw-list tbody tr[data-url]")];
  const now = rows.findIndex((row) => row.classList.contains("is-current"));
  const go = (to) => {
    rows[now]?.classList.remove("is-current");
    rows[to]?.classList.add("is-current");
    rows[to]?.scrollIntoView({ block: "nearest" });
    // an open panel goes along
    if (rows[to] && document.getElementById("panel")?.open) document.dispatchEvent(new CustomEvent("jingwei:open-panel", { detail: { url: rows[to].dataset.url } }));
  };
  if (event.key === "e" && rows[now]) rows[now].querySelector(".jw-inline")?.dispatchEvent(new Event("jw-edit"));
  else if (event.key === "j") go(Math.min(now + 1, rows.length - 1));
  else if (event.key === "k") go(Math.max(now - 1, 0));
  else if (event.key === "o" && rows[now]) document.dispatchEvent(new CustomEvent("jingwei:open-panel", { detail: { url: rows[now].dataset.url } }));
  else if (event.key === "n") document.querySelector("[data-new]")?.click();
  else if (event.key === "x" && rows[now]) {
    const box = rows[now].querySelector("input[name=pk]");
    if (box) { box.checked = !box.checked; refreshBulk(); }
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("list-search")?.focus();
  }
});

// The columns of a list: which and in which order, kept in the address and so in saved views.
function showColumns(names) {
  const here = new URL(window.location.href);
  if (names.length) here.searchParams.set("columns", names.join(","));
  else here.searchParams.delete("columns");
  here.searchParams.set("all", "1");
  window.location.assign(here);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-columns]")) return;
  event.preventDefault();
  const names = [...event.target.querySelectorAll("input:checked")].map((box) => box.value);
  const none = event.target.querySelector("[data-columns-none]");
  none.hidden = names.length > 0;
  if (names.length) showColumns(names);
});

document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-column-move]");
  if (mover) {
    const line = mover.closest(".jw-column");
    if (mover.dataset.columnMove === "up") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.matches(".jw-column") && line.nextElementSibling.after(line);
    mover.focus();
  }
  if (event.target.closest("[data-columns-reset]")) showColumns([]);
});
