// Forms of records: the first field is ready to be typed into; what was typed and not saved is kept in this tab, asked about before the page is left, and
// offered again. Only what somebody has changed is kept, and nothing secret.
const form = document.querySelector("form[data-kept]");
const stem = form ? `jingwei-form-${form.dataset.kept}-` : "jingwei-form-";
const mark = stem + window.location.pathname;
const secret = "[type=hidden], [type=password], [type=file], [type=submit], [autocomplete*=password]";
const ofLine = /^(.+)-(\d+)-/;
const typedBefore = new Set(); // fields that a page which came back shows as they were typed

const fields = () => [...form.elements].filter((each) => each.name && !each.matches(secret));
const isBox = (field) => field.type === "checkbox" || field.type === "radio";
const chosen = (field) => [...field.options].filter((option) => option.selected).map((option) => option.value);
const shownFirst = (field) => {
  const first = [...field.options].filter((option) => option.defaultSelected).map((option) => option.value);
  return first.length || field.multiple ? first : [field.options[0]?.value].filter((value) => value !== undefined);
};

function isChanged(field) {
  if (field.type === "file") return field.files.length > 0;
  if (isBox(field)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return String(chosen(field)) !== String(shownFirst(field));
  return field.value !== field.defaultValue;
}

const valueOf = (field) => (isBox(field) ? field.checked : field.tagName === "SELECT" ? chosen(field) : field.value);

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(mark));
  } catch {
    return null;
  }
}

/** Whatever was sent and led to another page has been saved. */
function forgetSent() {
  for (const each of Object.keys(sessionStorage)) {
    if (!each.startsWith("jingwei-form-") || each === mark) continue;
    if (JSON.parse(sessionStorage.getItem(each)).isSent) sessionStorage.removeItem(each);
  }
}

const nameOf = (field) => [field.name, isBox(field) ? field.value : ""];

function keep(isSent = false) {
  const values = fields().filter((field) => isChanged(field) || typedBefore.has(String(nameOf(field)))).map((field) => [...nameOf(field), valueOf(field)]);
  try {
    if (values.length) sessionStorage.setItem(mark, JSON.stringify({ values, isSent, version: form.elements.version?.value ?? "" }));
    else sessionStorage.removeItem(mark);
  } catch {
    // no room: the browser still asks before the page is left
  }
}

function put(field, value) {
  if (isBox(field)) field.checked = value;
  else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.includes(option.value)));
  else field.value = value;
  field.closest("details")?.setAttribute("open", "");
}

/** The fields of that name; of a list of parts a further line is opened for them. */
function fieldsNamed(name) {
  const line = name.match(ofLine);
  const adder = line && form.querySelector(`[data-add-child="${CSS.escape(line[1])}"]`);
  for (let tries = 0; adder && !form.elements[name] && tries < 200; tries += 1) adder.click();
  return fields().filter((field) => field.name === name);
}

/** Of lines of another version of the row nobody knows any more which they were. */
function takeUp({ values, version }) {
  const isSame = version === (form.elements.version?.value ?? "");
  for (const [name, box, value] of values) {
    if (!isSame && ofLine.test(name)) continue;
    for (const field of fieldsNamed(name)) if (!isBox(field) || field.value === box) put(field, value);
  }
  firstField()?.focus();
}

function firstField() {
  const wrong = form.querySelector("[data-wrong] :is(input:not([type=hidden]), select, textarea), .is-invalid");
  return wrong || fields().find((field) => !field.disabled && !field.readOnly && field.type !== "button" && field.offsetParent);
}

function arm() {
  const offer = document.querySelector("[data-kept-offer]");
  const isAnswer = form.hasAttribute("data-typed"); // the page shows what was typed: it came back with something to mend
  let isLeaving = false;
  const kept = read();
  if (kept && isAnswer) {
    kept.values.forEach(([name, box]) => typedBefore.add(String([name, box])));
    keep();
  } else if (kept) offer.hidden = false;
  const isOffered = () => !offer.hidden;
  const settle = (work) => {
    offer.hidden = true;
    work();
    keep();
  };
  offer.querySelector("[data-take-up]").addEventListener("click", () => settle(() => takeUp(kept)));
  offer.querySelector("[data-discard]").addEventListener("click", () => settle(() => firstField()?.focus()));
  for (const type of ["input", "change"]) form.addEventListener(type, () => isOffered() || keep());
  form.addEventListener("submit", () => {
    isLeaving = true;
    keep(true);
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  window.addEventListener("beforeunload", (event) => {
    const isTyped = isAnswer || [...fields(), ...form.querySelectorAll("[type=file], [type=password]")].some(isChanged);
    if (isTyped && !isLeaving) event.preventDefault();
  });
  const isPhone = window.matchMedia("(max-width: 767px), (pointer: coarse)").matches;
  if (!isPhone && !window.location.hash && document.activeElement === document.body) firstField()?.focus({ preventScroll: !form.querySelector("[data-wrong], .is-invalid") });
}

forgetSent();
if (form) arm();
