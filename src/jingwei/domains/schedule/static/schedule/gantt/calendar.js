/**
 * Working time on the wall clock of the project: wall minutes to working minutes and back.
 *
 * A wall minute counts from 1970-01-01 00:00 on the project's own clock (no zone, no daylight saving);
 * a working minute counts from the start of `originDay`. Rounding follows the server's kernel: a finish is the
 * earliest wall minute with so much work behind it, a start the latest.
 */
export const DAY = 1440;
const HORIZON_DAYS = 60000;

/** "2026-11-02T09:00" → wall minute, null for an empty value; a number is one already. */
export function parseMinute(iso) {
  if (typeof iso === "number") return iso;
  if (!iso) return null;
  const [year, month, day] = [+iso.slice(0, 4), +iso.slice(5, 7), +iso.slice(8, 10)];
  return Date.UTC(year, month - 1, day, +iso.slice(11, 13) || 0, +iso.slice(14, 16) || 0) / 60000;
}

/** Wall minute → "2026-11-02T09:00". */
export function formatMinute(minute) {
  return new Date(minute * 60000).toISOString().slice(0, 16);
}

export const dayOf = (minute) => Math.floor(minute / DAY);

/** Weekday as the contract counts it: 0 is Monday. */
export const weekdayOf = (day) => (((day + 3) % 7) + 7) % 7;

export class WorkCalendar {
  /** @param spec {minutes_per_day, shifts: {"0".."6": [[from, to], …]}, exceptions: {"YYYY-MM-DD": [[from, to], …]}} */
  constructor(spec, originDay) {
    this.minutesPerDay = spec.minutes_per_day || 480;
    this.week = Array.from({ length: 7 }, (_, weekday) => spec.shifts[weekday] || []);
    this.exceptions = new Map(Object.entries(spec.exceptions || {}).map(([iso, shifts]) => [dayOf(parseMinute(iso)), shifts]));
    this.origin = originDay;
    const used = this.week.flat();
    this.open = used.length ? Math.min(...used.map((shift) => shift[0])) : 0;
    this.close = used.length ? Math.max(...used.map((shift) => shift[1])) : DAY;
    this.isEmpty = used.length === 0;
    this.compile(originDay - 800, originDay + 3000);
  }

  shiftsOf(day) {
    return this.exceptions.get(day) || this.week[weekdayOf(day)];
  }

  isWorkingDay(day) {
    return this.shiftsOf(day).length > 0;
  }

  /** Whether the day differs from the ordinary week: a holiday, or a weekend that is worked. */
  isException(day) {
    return this.exceptions.has(day) && this.isWorkingDay(day) !== this.week[weekdayOf(day)].length > 0;
  }

  compile(low, high) {
    this.low = low;
    this.high = high;
    this.before = new Float64Array(high - low + 2);
    for (let day = low; day <= high; day++) {
      let minutes = 0;
      for (const [from, to] of this.shiftsOf(day)) minutes += to - from;
      this.before[day - low + 1] = this.before[day - low] + minutes;
    }
    const shift = this.before[this.origin - low];
    for (let k = 0; k < this.before.length; k++) this.before[k] -= shift;
  }

  /** Widen the compiled days; false at the end of the horizon. */
  widen(isLater) {
    const days = this.high - this.low;
    if (this.isEmpty || days > HORIZON_DAYS) return false;
    this.compile(isLater ? this.low : this.low - days, isLater ? this.high + days : this.high);
    return true;
  }

  /** Working minutes before a wall minute. */
  workAt(wall) {
    const day = dayOf(wall);
    while (day < this.low) if (!this.widen(false)) return this.before[0];
    while (day > this.high) if (!this.widen(true)) return this.before[this.before.length - 1];
    const minute = wall - day * DAY;
    let work = this.before[day - this.low];
    for (const [from, to] of this.shiftsOf(day)) if (minute > from) work += Math.min(minute, to) - from;
    return work;
  }

  /** Earliest wall minute with `work` behind it: where an activity ends. */
  wallFinish(work) {
    while (work <= this.before[0]) if (!this.widen(false)) return this.low * DAY;
    while (work > this.before[this.before.length - 1]) if (!this.widen(true)) return this.high * DAY;
    const day = this.low + this.search(work, true);
    return this.within(day, work - this.before[day - this.low], true);
  }

  /** Latest wall minute with `work` behind it: where an activity begins. */
  wallStart(work) {
    while (work < this.before[0]) if (!this.widen(false)) return this.low * DAY;
    while (work >= this.before[this.before.length - 1]) if (!this.widen(true)) return this.high * DAY;
    const day = this.low + this.search(work, false);
    return this.within(day, work - this.before[day - this.low], false);
  }

  /** Index of the day that holds `work`: before < work ≤ after for a finish, before ≤ work < after for a start. */
  search(work, isFinish) {
    let low = 0;
    let high = this.before.length - 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      const after = this.before[middle + 1];
      if (isFinish ? after < work : after <= work) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  within(day, minutes, isFinish) {
    let left = minutes;
    for (const [from, to] of this.shiftsOf(day)) {
      const length = to - from;
      if (isFinish ? left <= length : left < length) return day * DAY + from + left;
      left -= length;
    }
    return (day + 1) * DAY;
  }

  /** The next wall minute at or after `wall` at which work goes on. */
  nextStart(wall) {
    return this.wallStart(this.workAt(wall));
  }

  /** Where a milestone not before `wall` falls: there, if work ends or starts there, else at the next start of work. */
  snapMilestone(wall) {
    const work = this.workAt(wall);
    return this.wallFinish(work) === wall ? wall : this.wallStart(work);
  }

  /** A wall minute moved by a lag in working minutes. */
  lagged(wall, lag) {
    if (!lag) return wall;
    const work = this.workAt(wall) + lag;
    return lag > 0 ? this.wallFinish(work) : this.wallStart(work);
  }

  /** `wall` moved by whole days; a rest day is passed over in the direction of travel. */
  movedByDays(wall, days) {
    const target = wall + days * DAY;
    if (days >= 0 || this.isWorkingDay(dayOf(target))) return this.nextStart(target);
    for (let back = 1; back < 400; back++) if (this.isWorkingDay(dayOf(target - back * DAY))) return this.nextStart(target - back * DAY);
    return target;
  }
}
