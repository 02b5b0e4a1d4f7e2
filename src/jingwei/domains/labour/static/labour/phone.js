// The phone's pages: lines of workers, and a draft that survives a dead network.
import { armLines, linesOf, refillLines, showTotal } from "./phone-lines.js";
import { Outbox } from "./phone-outbox.js";

const words = document.body.dataset;
const outbox = new Outbox(words);
const form = document.getElementById("sheet");

const fieldsOf = () => {
  const fields = {};
  for (const name of ["key", "project", "sheet", "version", "work_date", "team", "task", "place", "description"]) {
    if (form.elements[name]) fields[name] = form.elements[name].value;
  }
  if (form.elements.sure.checked) fields.sure = "1";
  return { fields, lines: linesOf(form), title: form.dataset.title };
};

function say(text) {
  document.getElementById("state").textContent = text;
}

function showPhoto(data) {
  const shot = document.getElementById("shot");
  shot.hidden = !data;
  if (data) shot.querySelector("img").src = data;
}

/** A photo small enough to be kept and sent over a weak network. */
async function shrunk(file) {
  const picture = await createImageBitmap(file);
  const factor = Math.min(1, 1600 / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * factor), height: Math.round(picture.height * factor) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}

/** What was refused or is asked; when somebody else has written meanwhile, also the way to the sheet as it is now. */
function showRefusals({ errors, look, isDoubtful }) {
  document.getElementById("doubt").hidden = !isDoubtful;
  const place = document.getElementById("refusals");
  place.replaceChildren(
    ...errors.map(({ label, message }) => Object.assign(document.createElement("p"), { className: "refusal", textContent: label ? `${label}: ${message}` : message })),
  );
  for (const { field } of errors) form.elements[field]?.setAttribute?.("aria-invalid", "true");
  if (look) {
    const now = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: words.wordLook });
    now.addEventListener("click", () => {
      outbox.drop(form.elements.key.value);
      window.location.assign(look);
    });
    place.append(now);
  }
  if (errors.length) place.scrollIntoView({ block: "center" });
}

/** A kept draft in the form, with the version that its writer has seen: none, when it was kept before versions were. */
function fill(draft) {
  const { sure: _meantThen, ...fields } = draft.fields;
  for (const [name, value] of Object.entries({ version: "", ...fields })) if (form.elements[name]) form.elements[name].value = value;
}

async function send(draft) {
  say(words.wordSending);
  const answer = await outbox.send(draft);
  if (answer.url) window.location.assign(answer.url);
  else if (answer.errors) {
    say("");
    showRefusals(outbox.get(draft.fields.key) ?? answer);
  } else say(navigator.onLine ? words.wordFailed : words.wordOffline);
  return outbox.get(draft.fields.key) ?? draft;
}

/** The address names the draft from its first letter on: loaded anew, the page takes it up again. */
function remember(key) {
  const here = new URL(window.location.href);
  if (form.elements.sheet.value || here.searchParams.get("draft") === key) return;
  here.searchParams.set("draft", key);
  window.history.replaceState(null, "", here);
}

const pageOf = ({ sheet, project }) => `/labour/phone/${sheet || "new"}/?project=${project}`;

function offerAnew(fields) {
  const place = document.getElementById("resumed");
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    outbox.drop(fields.key);
    window.location.assign(pageOf(fields));
  });
}

function armForm() {
  const key = form.elements.key.value;
  const resumed = new URLSearchParams(window.location.search).get("draft");
  let draft = outbox.get(resumed || key);
  if (draft) {
    fill(draft);
    refillLines(draft.lines);
    showPhoto(draft.photo);
    say(words.wordKept);
    if (draft.errors) showRefusals(draft);
    offerAnew(draft.fields);
  }
  const keep = () => {
    draft = { ...draft, ...fieldsOf() };
    say(outbox.keep(draft) ? words.wordKept : words.wordFull);
    remember(draft.fields.key);
  };
  armLines(form, keep);
  form.addEventListener("input", (event) => event.target.name !== "photo" && keep());
  form.elements.photo.addEventListener("change", async () => {
    const [file] = form.elements.photo.files;
    if (!file) return;
    draft = { ...draft, ...fieldsOf(), photo: await shrunk(file) };
    showPhoto(draft.photo);
    say(outbox.keep(draft) ? words.wordPhoto : words.wordFull);
    remember(draft.fields.key);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    draft = { ...draft, ...fieldsOf(), then: event.submitter?.value || "draft", isReady: true };
    outbox.keep(draft);
    draft = await send(draft);
    for (const name of ["sheet", "version"]) form.elements[name].value = draft.fields[name] ?? ""; // of what was told now
  });
  showTotal(form);
}

function card(draft) {
  const item = document.createElement("li");
  const box = Object.assign(document.createElement("div"), { className: "card kept" });
  const line = (className, text) => box.append(Object.assign(document.createElement("span"), { className, textContent: text }));
  line("", `${draft.title || ""} · ${draft.fields.work_date} · ${draft.lines.length}`);
  line("dim", draft.fields.description.slice(0, 60));
  for (const { label, message } of draft.errors || []) line("refusal", label ? `${label}: ${message}` : message);
  line("jw-status jw-warn", draft.errors ? words.wordRefused : draft.isReady ? words.wordWaiting : words.wordKept);
  const open = Object.assign(document.createElement("a"), { className: "button", textContent: words.wordOpen, href: `${pageOf(draft.fields)}&draft=${draft.fields.key}` });
  const drop = Object.assign(document.createElement("button"), { className: "button bad", type: "button", textContent: words.wordDiscard });
  drop.addEventListener("click", () => outbox.drop(draft.fields.key));
  const actions = Object.assign(document.createElement("div"), { className: "kept-actions" });
  actions.append(open, drop);
  box.append(actions);
  item.append(box);
  return item;
}

function showKept() {
  const drafts = outbox.all();
  const pending = document.getElementById("pending");
  pending.hidden = !drafts.length;
  pending.textContent = `● ${drafts.length}`;
  pending.setAttribute("aria-label", `${words.wordKept}: ${drafts.length}`);
  const place = document.getElementById("kept");
  if (!place) return;
  const told = form ? drafts.filter(({ fields }) => !fields.sheet && fields.project === form.elements.project.value && fields.key !== form.elements.key.value) : drafts;
  place.hidden = !told.length;
  place.querySelector("ul").replaceChildren(...told.map(card));
}

outbox.onChange = showKept;
if (form) armForm();
showKept();
const sendAll = async () => {
  const sent = await outbox.sendReady(form ? form.elements.key.value : "");
  if (sent && !form) window.location.reload();
};
window.addEventListener("online", sendAll);
setInterval(sendAll, 20000);
sendAll();
