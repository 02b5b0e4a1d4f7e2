/** What can be undone and redone: a bounded pair of stacks. An entry is {token, change, isStructural}. */
const DEPTH = 200;

export class History {
  constructor(onChange) {
    this.past = [];
    this.future = [];
    this.onChange = onChange;
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  /** A new change: what had been undone can no longer be redone. */
  record(entry) {
    this.past.push(entry);
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
    this.onChange();
  }

  takeUndo() {
    const entry = this.past.pop();
    this.onChange();
    return entry;
  }

  takeRedo() {
    const entry = this.future.pop();
    this.onChange();
    return entry;
  }

  /** An entry whose undoing succeeded may be redone; one whose redoing succeeded may be undone again. */
  keepForRedo(entry) {
    this.future.push(entry);
    this.onChange();
  }

  keepForUndo(entry) {
    this.past.push(entry);
    this.onChange();
  }
}
