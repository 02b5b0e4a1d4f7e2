/** The plan's authority: the four requests and what may go wrong with them. */

/** A request that did not succeed. `kind`: "refused" (422, with errors {field, message}), "conflict" (409), "denied" (401, 403), "offline" or "failed". */
export class RequestError extends Error {
  constructor(kind, errors = []) {
    const messages = errors.map((each) => each.message);
    super(messages.join(" ") || kind);
    Object.assign(this, { kind, errors, messages });
  }
}

const KINDS = { 401: "denied", 403: "denied", 409: "conflict", 422: "refused" };

export class Server {
  /** @param places {url, previewUrl, commitUrl, undoUrl, baselineUrl, csrf}: the host element's data set */
  constructor(places) {
    this.places = places;
    this.queue = Promise.resolve();
  }

  async ask(url, body, signal) {
    const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
    if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": this.places.csrf || "" });
    let response;
    try {
      response = await fetch(url, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal, credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new RequestError("offline");
    }
    if (response.redirected && !(response.headers.get("Content-Type") || "").includes("json")) throw new RequestError("denied");
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    throw new RequestError(KINDS[response.status] || "failed", answer?.errors || []);
  }

  load(signal) {
    return this.ask(this.places.url, null, signal);
  }

  /** What a change would do; nothing is kept. */
  preview(change, signal) {
    return this.ask(this.places.previewUrl, change, signal);
  }

  /** Changes go one after another, each built when its turn comes so that it carries the newest versions. */
  commit(build) {
    return this.inTurn(() => this.ask(this.places.commitUrl, build()));
  }

  /** The plan as it is then is kept under a name. */
  keepBaseline(name) {
    return this.inTurn(() => this.ask(this.places.baselineUrl, { name }));
  }

  undo(token) {
    return this.inTurn(() => this.ask(this.places.undoUrl, { undo: token }));
  }

  inTurn(work) {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}
