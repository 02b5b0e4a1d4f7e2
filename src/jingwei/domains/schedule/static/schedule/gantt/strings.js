/**
 * The words of the Gantt. A page gives its own in <script type="application/json" id="gantt-strings">{key: text}</script>;
 * ENGLISH lists every key, and serves where the page gives none. {name} stands for a value put in by the code.
 */
export const ENGLISH = {
  // columns
  wbs: "WBS", name: "Task", start: "Start", finish: "Finish", duration: "Duration", percent: "% done", assignee: "Assignee", float: "Float",
  predecessors: "Predecessors", deadline: "Deadline", baseline_start: "Baseline start", baseline_finish: "Baseline finish",
  // toolbar
  toolbar: "Timeline tools", undo: "Undo", redo: "Redo", expand_all: "Expand all", collapse_all: "Collapse all", zoom: "Zoom", zoom_in: "Zoom in",
  zoom_out: "Zoom out", zoom_fit: "Fit", zoom_today: "Today", hour: "Hours", day: "Days", week: "Weeks", month: "Months", quarter: "Quarters",
  critical_path: "Critical path", float_bars: "Float", baseline: "Baseline", links: "Links", columns: "Columns", shortcuts: "Keyboard shortcuts", shortcuts_page: "On every page",
  print: "Print and PDF", picture: "Save as picture (PNG)", legend: "Legend", resize_panes: "Width of the task table",
  start_slip: "Δ start", finish_slip: "Δ finish", compare: "Compare", compare_plan: "Present plan", compare_above: "State shown", compare_below: "Compared with",
  compare_with: "compared with", compare_none: "There is no baseline yet.", compare_worst: "What slipped most, in working days",
  compare_figures: "Finish {total} working days ({was} → {now}) · {later} later, {earlier} earlier, {same} unchanged, {added} without baseline",
  load: "Load", load_person: "Person", load_days: "{count} d too much", load_over: "Overloaded on {count} days, at most {percent} %", load_fine: "Never overloaded",
  load_none: "Nobody is assigned yet.", load_capacity: "{hours} h a day", load_elsewhere: "{hours} h on these days from other projects", load_all: "All projects",
  baseline_take: "Take a baseline", baseline_name: "Name", baseline_keep: "Keep it", baseline_kept: "Baseline “{name}” is kept; the plan is compared with it from now on.",
  baseline_hint: "The dates as they are now are kept, and the plan is compared with them from now on.",
  // the chosen task
  details: "Task details", new_task: "New task", new_task_below: "New task below", indent: "Make it a part of the task above", outdent: "Take it out of its summary",
  edit_links: "Links of the task", delete: "Delete the task", whole_record: "Whole record", calendar: "Working calendar", constraint: "Constraint",
  task_calendar: "Task calendar", project_calendar: "The project's working time",
  constraint_at: "Constraint date", constraint_needs_date: "This constraint needs a date.", asap: "As soon as possible", alap: "As late as possible",
  snet: "Start no earlier than", snlt: "Start no later than", fnet: "Finish no earlier than", fnlt: "Finish no later than", mso: "Must start on",
  mfo: "Must finish on", added: "Task added", removed: "Task deleted", marked: "“{name}” is marked as predecessor: go to its successor and press M",
  unmarked: "“{name}” is no longer marked",
  zero_days: "“{name}” takes no time now, and is a task all the same.", make_milestone: "Make it a milestone",
  // facts about a task
  task_table: "Tasks of {project}", days: "{count} d", hours: "{count} h", minutes: "{count} min", critical: "critical", endangered: "deadline endangered",
  milestone: "milestone", summary: "summary task", interface_degraded: "interface {key} degraded", interface_down: "interface {key} down",
  deadline_on: "deadline {date}", baseline_of: "baseline {start} to {finish}", after: "after {tasks}", unassigned: "Unassigned",
  // legend
  legend_task: "Task and progress", legend_critical: "Critical", legend_summary: "Summary", legend_milestone: "Milestone", legend_baseline: "Baseline",
  legend_float: "Float", legend_deadline: "Deadline", legend_endangered: "Deadline endangered", legend_today: "Today", legend_data_date: "Data date",
  legend_rest: "Non-working time", legend_interface: "Interface outage", 
  today: "Today", data_date: "Data date", provisional: "Holidays of {years} are provisional",
  // changes
  moved: "Moved {count} tasks", moved_one: "Moved 1 task", changed: "Saved", finish_change: "finish {before} → {after}", finish_same: "finish unchanged",
  undone: "Undone", redone: "Redone", endangers: "{count} deadlines endangered: {names}", would_move: "Would move {count} tasks", linked: "Link added",
  unlinked: "Link removed", nothing_to_undo: "Nothing to undo", nothing_to_redo: "Nothing to redo", saving: "Saving…", announce_move: "{name}: {start} to {finish}",
  // errors
  error_load: "The plan could not be loaded.", error_save: "The change could not be saved.", error_conflict: "Someone else changed this plan. It has been loaded anew; please try again.",
  error_offline: "No connection to the server.", error_denied: "You may not change this plan.", error_cycle: "This link would close a loop.", error_value: "“{value}” is not understood.",
  error_duration: "“{value}” is no duration. Write 3d, 2w, 4h or 90m; a bare number counts days.", error_start: "“{value}” is no date. Write it as 2026-11-21.",
  error_percent: "“{value}” is no percentage. Write a whole number from 0 to 100.",
  error_link_exists: "These tasks are linked already.", error_move_summary: "A summary task follows its parts.", retry: "Try again", close: "Close", loading: "Loading the plan…",
  // empty
  empty_title: "No tasks yet", empty_hint: "Add the first task, and the plan draws itself.", empty_action: "Add a task",
  // links
  link_title: "Links of {name}", link_predecessors: "Predecessors", link_successors: "Successors", link_none: "None", link_add: "Add link", link_other: "Task",
  link_direction: "Direction", link_before: "comes before this task", link_after: "comes after this task", link_type: "Type", link_lag: "Lag (days)", link_remove: "Remove link",
  fs: "Finish to start", ss: "Start to start", ff: "Finish to finish", sf: "Start to finish", link_hint: "Number or name", link_unknown: "No such task.",
  // shortcuts
  key_arrows: "Move between tasks and cells", key_expand: "Expand or collapse", key_home: "First or last task", key_edit: "Edit the cell", key_rename: "Rename",
  key_move: "Move a day earlier or later", key_stretch: "Shorten or lengthen by a day", key_link: "Links of the task", key_indent: "Make a part of the task above, or take out",
  key_mark: "Mark a predecessor, then its successor", key_new: "New task below", key_delete: "Delete the task, or the chosen link", key_details: "Constraint, deadline and more of the task",
  key_undo: "Undo, redo", key_zoom: "Zoom", key_zoom_wheel: "Zoom with the wheel", key_show: "Bring the bar into view", key_open: "Open the task", key_sheet: "This sheet", key_escape: "Cancel",
};

/** A function (key, values) → text, from the page's strings. */
export function readStrings(root = document) {
  const block = root.getElementById("gantt-strings");
  const given = block ? JSON.parse(block.textContent) : {};
  return (key, values = {}) => (given[key] || ENGLISH[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Working minutes as people say them: days, or hours below one day. */
export function writeDuration(t, minutes, minutesPerDay) {
  if (!minutes) return t("days", { count: 0 });
  const round = (value) => String(Math.round(value * 100) / 100);
  if (Math.abs(minutes) >= minutesPerDay) return t("days", { count: round(minutes / minutesPerDay) });
  if (Math.abs(minutes) >= 60) return t("hours", { count: round(minutes / 60) });
  return t("minutes", { count: minutes });
}

const UNITS = [["w", /^(?:weeks?|wks?|w|个?星期|周)/i], ["d", /^(?:days?|d|个?工作日|工日|天|日)/i], ["h", /^(?:hours?|hrs?|h|个?小时|工时|时)/i], ["m", /^(?:minutes?|mins?|m|分钟|分)/i]];
const WIDE = "０１２３４５６７８９．，";

/** "3", "3d", "3 天", "4h", "1天4小时", "2周", "30min" → working minutes, as the server reads them; null when not understood. A bare number means days. */
export function readDuration(text, minutesPerDay) {
  const per = { w: minutesPerDay * 5, d: minutesPerDay, h: 60, m: 1 };
  let rest = text.trim().replace(/[０-９．，]/g, (wide) => "0123456789.,"[WIDE.indexOf(wide)]);
  let [total, before] = [0, -1];
  while (rest || before < 0) {
    const number = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*/.exec(rest);
    if (!number || /,\d{3}$/.test(number[1])) return null;
    rest = rest.slice(number[0].length);
    let unit = UNITS.findIndex(([, name]) => name.test(rest));
    if (unit < 0) {
      if (rest || before >= 0) return null;
      unit = 1;
    } else rest = rest.replace(UNITS[unit][1], "").trimStart();
    if (unit <= before) return null; // each unit once, the greater before the smaller
    total += Number(number[1].replace(",", ".")) * per[UNITS[unit][0]];
    before = unit;
  }
  return Math.round(total);
}
