// The workers of a sheet: add, remove, step the hours, fill in a known worker's trade and rate.
const NAMES = ["id", "worker", "trade", "hours", "rate"];

const linesIn = () => [...document.querySelectorAll("#lines .line")];
const field = (line, name) => line.querySelector(`[name="line-${name}"]`);

const usual = 8; // hours of a line in which nothing was written
const hundredths = (text) => Math.round((Number(text) || 0) * 100);

/** The lines in which anything was written. */
export function linesOf() {
  return linesIn()
    .map((line) => Object.fromEntries(NAMES.map((name) => [name, field(line, name).value])))
    .filter((line) => line.worker.trim() || line.trade.trim() || line.rate || line.id || (line.hours && Number(line.hours) !== usual));
}

function addLine(values = {}) {
  const line = document.getElementById("line").content.cloneNode(true).querySelector(".line");
  for (const [name, value] of Object.entries(values)) field(line, name).value = value;
  document.getElementById("lines").append(line);
  return line;
}

export function refillLines(lines) {
  document.getElementById("lines").replaceChildren();
  for (const line of lines.length ? lines : [{}]) addLine(line);
}

export function showTotal() {
  const lines = linesOf();
  const hours = lines.reduce((sum, line) => sum + hundredths(line.hours), 0) / 100;
  const { hour, workerCount, workerOne } = document.getElementById("lines").dataset;
  document.getElementById("total").textContent = lines.length ? `${lines.length} ${lines.length === 1 ? workerOne : workerCount} · ${hours} ${hour}` : "";
}

function fillKnown(line) {
  const worker = field(line, "worker").value.trim();
  const known = [...document.querySelectorAll("#workers option")].find((option) => option.value === worker);
  if (!known) return;
  if (!field(line, "trade").value) field(line, "trade").value = known.dataset.trade;
  if (!field(line, "rate").value) field(line, "rate").value = known.dataset.rate;
}

export function armLines(form, keep) {
  document.getElementById("add").addEventListener("click", () => {
    const last = linesIn().at(-1);
    const line = addLine(last ? { hours: field(last, "hours").value, trade: field(last, "trade").value, rate: field(last, "rate").value } : {});
    field(line, "worker").focus();
    keep();
  });
  form.addEventListener("click", (event) => {
    const line = event.target.closest(".line");
    if (event.target.closest(".remove")) {
      line.remove();
      if (!linesIn().length) addLine();
    } else if (event.target.closest(".step")) {
      const hours = field(line, "hours");
      hours.value = Math.min(24, Math.max(0.5, (hundredths(hours.value) + hundredths(event.target.closest(".step").dataset.step)) / 100));
    } else return;
    showTotal();
    keep();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "line-worker") fillKnown(event.target.closest(".line"));
    showTotal();
    keep();
  });
  form.addEventListener("input", () => showTotal());
}
