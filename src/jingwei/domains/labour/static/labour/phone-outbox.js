// Drafts of one person on this phone: kept at every key press, sent when there is a network, dropped once the server has them.
export class Outbox {
  constructor({ owner, csrf, saveUrl }) {
    Object.assign(this, { csrf, saveUrl, stem: `jingwei-sheet-${owner}-`, onChange: () => undefined });
    this.underWay = new Map();
  }

  all() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.stem));
    return keys.map((key) => JSON.parse(localStorage.getItem(key))).sort((a, b) => (a.keptAt < b.keptAt ? 1 : -1));
  }

  get(key) {
    const kept = localStorage.getItem(this.stem + key);
    return kept ? JSON.parse(kept) : null;
  }

  /** Keep a draft; false when the phone has no room for it. */
  keep(draft) {
    try {
      localStorage.setItem(this.stem + draft.fields.key, JSON.stringify({ ...draft, keptAt: new Date().toISOString() }));
    } catch {
      return false;
    }
    this.onChange();
    return true;
  }

  drop(key) {
    localStorage.removeItem(this.stem + key);
    this.onChange();
  }

  /** Send a draft: {url} when the server has it, {errors} when it refused, {} when it could not be reached. One request at a time.
   * When somebody has changed the sheet meanwhile, the draft is kept with the version that is told now, or with none of a sheet that is gone: who sends it again has seen that. */
  send(draft) {
    const { key } = draft.fields;
    if (!this.underWay.has(key)) this.underWay.set(key, this.post(draft).finally(() => this.underWay.delete(key)));
    return this.underWay.get(key);
  }

  async post(draft) {
    let answer;
    try {
      const headers = { "X-CSRFToken": this.csrf, "X-Draft": "1", Accept: "application/json" };
      const response = await fetch(this.saveUrl, { method: "POST", body: await this.body(draft), headers });
      const isForLater = response.status >= 500 || response.status === 429; // busy or away: it is sent again by itself
      answer = !isForLater && response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
    } catch {
      return {};
    }
    if (answer.url) this.drop(draft.fields.key);
    else if (answer.errors) {
      const seen = "sheet" in answer ? { sheet: answer.sheet ?? "", version: answer.version ?? "" } : {};
      const isReady = answer.errors[0]?.code === "forged"; // the page was open too long: the next one sends it
      this.keep({ ...draft, fields: { ...draft.fields, ...seen }, isReady, errors: answer.errors, look: answer.look, isDoubtful: answer.is_doubtful });
    }
    return answer;
  }

  async body(draft) {
    const body = new FormData();
    for (const [name, value] of Object.entries(draft.fields)) body.append(name, value);
    for (const line of draft.lines) for (const [name, value] of Object.entries(line)) body.append(`line-${name}`, value);
    body.append("then", draft.then || "draft");
    if (draft.photo) body.append("photo", bytes(draft.photo), `${draft.fields.key}.jpg`);
    return body;
  }

  /** Send what was released while there was no network; returns how many the server took. */
  async sendReady(except) {
    if (!navigator.onLine) return 0;
    let sent = 0;
    for (const draft of this.all()) {
      if (draft.isReady && draft.fields.key !== except && (await this.send(draft)).url) sent += 1;
    }
    return sent;
  }
}

/** The bytes of a data URL. */
function bytes(url) {
  const raw = atob(url.slice(url.indexOf(",") + 1));
  return new Blob([Uint8Array.from(raw, (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });
}
