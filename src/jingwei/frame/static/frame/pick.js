// Suggestions for whatever is named: codes, people by name or pinyin, tags.
let waiting;
const asked = new WeakMap(); // by input: its last question, as only the answer to that one is offered
document.addEventListener("input", (event) => {
  const input = event.target.closest("[data-pick]");
  if (!input) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => suggest(input), 180);
});
document.addEventListener("focusin", (event) => {
  const input = event.target.closest("[data-pick]");
  if (input) suggest(input);
});

async function suggest(input) {
  const address = new URL(input.dataset.pick, window.location.href);
  address.searchParams.set("q", input.value);
  const mine = (asked.get(input) ?? 0) + 1;
  asked.set(input, mine);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { items } = await answer.json();
  if (asked.get(input) !== mine) return;
  const list = document.getElementById(input.getAttribute("list"));
  if (!list) return; // what was typed was kept meanwhile, and the input is gone
  list.replaceChildren(...items.map((item) => {
    const option = document.createElement("option");
    option.value = item.value;
    // browsers offer only what holds the typed text: whoever was found by pinyin is shown with it
    const held = `${item.value}\n${item.label}`.toLowerCase();
    option.label = held.includes(input.value.trim().toLowerCase()) ? item.label : `${item.label} · ${input.value.trim()}`;
    return option;
  }));
}
