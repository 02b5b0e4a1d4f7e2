/** Keys: everything that a hand can do on the timeline can be done from here. */

const isTyping = (target) => target.closest("input, select, textarea, dialog, [contenteditable]");

export class Keyboard {
  constructor(g) {
    this.g = g;
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    const isOurs = this.g.host.contains(event.target) || event.target === document.body;
    if (!isOurs || !this.g.plan?.tasks.size || event.isComposing || isTyping(event.target)) return;
    const isInTable = event.target === this.g.tree.grid;
    const isDone = this.general(event) || (isInTable && this.inTable(event));
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Keys that work anywhere in the Gantt; true when one was used. */
  general(event) {
    const { g } = this;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") void (event.shiftKey ? g.actions.redo() : g.actions.undo());
      else if (key === "y") void g.actions.redo();
      else return false;
      return true;
    }
    if (event.altKey) return false;
    if (key === "?") g.dialogs.shortcuts();
    else if (key === "+" || key === "=") g.zoomBy(1.4);
    else if (key === "-" || key === "_") g.zoomBy(1 / 1.4);
    else if (key === "0") g.zoomToFit();
    else if (key === "Escape") return this.escape();
    else return false;
    return true;
  }

  escape() {
    const { g } = this;
    if (g.drag || g.actions.held) {
      if (g.drag) g.pointer.cancel();
      else g.actions.release();
      return true;
    }
    g.selectedLink = null;
    g.hint.hide();
    g.refresh();
    return false;
  }

  inTable(event) {
    const { g } = this;
    const task = g.plan.tasks.get(g.selectedId);
    if (event.ctrlKey || event.metaKey) return this.withControl(event, task);
    if (event.altKey) return this.withAlt(event, task);
    const page = Math.max(1, g.visibleRows - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      g.selectRow(Math.max(0, Math.min(g.plan.rows.length - 1, (task?.row ?? -1) + moves[event.key])));
      return true;
    }
    return task ? this.onTask(event, task) : false;
  }

  onTask(event, task) {
    const { g } = this;
    const actions = {
      ArrowRight: () => this.rightwards(task),
      ArrowLeft: () => this.leftwards(task),
      Enter: () => g.editor.open(task, g.columns[g.column] ?? "name"),
      Insert: () => g.actions.addTask(task),
      n: () => g.actions.addTask(task),
      m: () => this.mark(task),
      d: () => g.openTask(task),
      F2: () => g.editor.open(task, "name"),
      l: () => g.dialogs.links(task),
      " ": () => g.showBar(task),
      Delete: () => (g.selectedLink !== null ? g.canEdit && g.actions.removeLink(g.selectedLink) : g.actions.removeTask(task)),
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!actions[key]) return false;
    actions[key]();
    return true;
  }

  /** First the predecessor is marked, then its successor; type and lag are asked between. */
  mark(task) {
    const { g } = this;
    if (!g.canEdit) return;
    const from = g.plan.tasks.get(this.marked);
    if (!from || from.id === task.id) {
      this.marked = from ? null : task.id;
      g.toasts.show(g.t(from ? "unmarked" : "marked", { name: task.name }));
      return;
    }
    this.marked = null;
    g.dialogs.join(from, task);
  }

  withControl(event, task) {
    const { g } = this;
    if (event.key === "Home" || event.key === "End") g.selectRow(event.key === "Home" ? 0 : g.plan.rows.length - 1);
    else if (event.key === "Enter" && task) g.openTask(task);
    else if (event.key === "]" && task) this.indent(task);
    else if (event.key === "[" && task) this.outdent(task);
    else return false;
    return true;
  }

  withAlt(event, task) {
    const { g } = this;
    if (!task) return false;
    if (event.shiftKey && event.key === "ArrowDown") this.indent(task);
    else if (event.shiftKey && event.key === "ArrowUp") this.outdent(task);
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return event.shiftKey && event.key.startsWith("Arrow");
    const step = event.key === "ArrowRight" ? 1 : -1;
    g.actions.nudge(task, event.shiftKey ? { longer: step } : { days: step });
    g.showBar(task);
    return true;
  }

  /** Right: open a closed branch, else go one cell further. */
  rightwards(task) {
    const { g } = this;
    if (g.plan.hasChildren(task.id) && g.collapsed.has(task.id)) g.toggle(task.id);
    else g.select(task.id, { column: Math.min(g.columns.length - 1, g.column + 1) });
  }

  /** Left: go one cell back, then close the branch, then go to the task it is part of. */
  leftwards(task) {
    const { g } = this;
    if (g.column >= 0) g.select(task.id, { column: g.column - 1 });
    else if (g.plan.hasChildren(task.id) && !g.collapsed.has(task.id)) g.toggle(task.id);
    else if (task.parent !== null && g.plan.tasks.has(task.parent)) g.select(task.parent, { column: -1 });
  }

  indent(task) {
    const { g } = this;
    if (!g.canEdit) return;
    const siblings = g.plan.children.get(g.plan.tasks.has(task.parent) ? task.parent : null);
    const above = siblings[siblings.indexOf(task) - 1];
    if (above) g.actions.change(task, { parent: above.id });
  }

  outdent(task) {
    const { g } = this;
    const parent = g.plan.tasks.get(task.parent);
    if (g.canEdit && parent) g.actions.change(task, { parent: parent.parent ?? null });
  }
}
