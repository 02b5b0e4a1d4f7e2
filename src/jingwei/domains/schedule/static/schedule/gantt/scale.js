/**
 * Time to pixels and back, and the two rows of ticks above the timeline.
 *
 * From the day level up a working day fills its whole cell (09:00 is the left edge, 18:00 the right), as planners expect;
 * only the hour level shows the clock as it is.
 */
import { DAY, dayOf, weekdayOf } from "./calendar.js";

export const LEVELS = [
  { key: "hour", dayWidth: 960, from: 300 },
  { key: "day", dayWidth: 44, from: 30 },
  { key: "week", dayWidth: 18, from: 9 },
  { key: "month", dayWidth: 5, from: 2.6 },
  { key: "quarter", dayWidth: 1.6, from: 0 },
];
const WIDEST_DAY = 2400;
const NARROWEST_DAY = 0.25;
const PADDING_BEFORE_DAYS = 7;

const dateOf = (day) => new Date(day * DAY * 60000);

export class Scale {
  constructor(locale) {
    const language = locale.toLowerCase().startsWith("zh") ? "zh-CN" : "en-GB";
    const format = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
    this.isChinese = language === "zh-CN";
    this.formats = {
      year: format({ year: "numeric" }),
      month: format({ month: this.isChinese ? "numeric" : "short" }),
      yearMonth: format({ year: "numeric", month: this.isChinese ? "long" : "short" }),
      date: format({ year: "numeric", month: this.isChinese ? "long" : "short", day: "numeric", weekday: "short" }),
      monthDay: format({ month: this.isChinese ? "numeric" : "short", day: "numeric" }),
      weekday: format({ weekday: "narrow" }),
    };
    this.dayWidth = LEVELS[2].dayWidth;
    this.originDay = 0;
    this.lastDay = 1;
    this.open = 0;
    this.close = DAY;
  }

  get level() {
    return LEVELS.find((level) => this.dayWidth >= level.from).key;
  }

  /** Take the plan's range, its working window and the width on screen. */
  fit(plan, viewWidth) {
    const [low, high] = plan.range();
    this.plan = plan;
    this.viewWidth = viewWidth;
    this.open = plan.calendar.open;
    this.close = plan.calendar.close;
    this.originDay = dayOf(low) - PADDING_BEFORE_DAYS;
    this.lowDay = dayOf(low);
    this.highDay = dayOf(high) + 1;
    this.stretch();
  }

  stretch() {
    const room = Math.max(30, 260 / this.dayWidth);
    this.lastDay = Math.max(this.highDay + room, this.originDay + this.viewWidth / this.dayWidth);
  }

  get width() {
    return Math.ceil((this.lastDay - this.originDay) * this.dayWidth);
  }

  setDayWidth(width) {
    const widest = Math.min(WIDEST_DAY, 15e6 / Math.max(1, this.highDay - this.originDay + 60));
    this.dayWidth = Math.min(widest, Math.max(NARROWEST_DAY, width));
    this.stretch();
  }

  /** The day width that shows the whole plan. */
  dayWidthToFit(viewWidth) {
    return Math.max(NARROWEST_DAY, (viewWidth - 200) / Math.max(2, this.highDay - this.originDay + 2));
  }

  x(minute) {
    const day = dayOf(minute);
    const part = minute - day * DAY;
    const share = this.level === "hour" ? part / DAY : Math.min(1, Math.max(0, (part - this.open) / (this.close - this.open)));
    return (day - this.originDay + share) * this.dayWidth;
  }

  minute(x) {
    const days = x / this.dayWidth + this.originDay;
    const day = Math.floor(days);
    const share = days - day;
    return day * DAY + (this.level === "hour" ? share * DAY : this.open + share * (this.close - this.open));
  }

  dayX(day) {
    return (day - this.originDay) * this.dayWidth;
  }

  /** Two rows of header cells between two content x, each {x, width, label, isRest}. */
  ticks(from, to) {
    const [first, last] = [Math.floor(from / this.dayWidth + this.originDay) - 1, Math.ceil(to / this.dayWidth + this.originDay) + 1];
    const makers = { hour: () => this.hourTicks(first, last), day: () => this.dayTicks(first, last), week: () => this.weekTicks(first, last) };
    return (makers[this.level] || (() => this.longTicks(first, last)))();
  }

  months(first, last, step, label) {
    const cells = [];
    const start = dateOf(first);
    let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
    for (;;) {
      const [day, next] = [this.monthDay(month), this.monthDay(month + step)];
      if (day > last) return cells;
      cells.push({ x: this.dayX(day), width: (next - day) * this.dayWidth, label: label(dateOf(day), month) });
      month += step;
    }
  }

  monthDay(month) {
    return Date.UTC(Math.floor(month / 12), month % 12, 1) / (DAY * 60000);
  }

  hourTicks(first, last) {
    const [upper, lower] = [[], []];
    const step = [1, 2, 3, 4, 6].find((hours) => (this.dayWidth / 24) * hours >= 30) || 6;
    for (let day = first; day <= last; day++) {
      upper.push({ x: this.dayX(day), width: this.dayWidth, label: this.formats.date.format(dateOf(day)) });
      for (let hour = 0; hour < 24; hour += step) lower.push({ x: this.dayX(day + hour / 24), width: (this.dayWidth / 24) * step, label: `${hour}:00` });
    }
    return { upper, lower };
  }

  dayTicks(first, last) {
    const lower = [];
    for (let day = first; day <= last; day++) {
      const date = dateOf(day);
      const isRest = !this.plan.calendar.isWorkingDay(day);
      const label = this.dayWidth >= 38 ? `${date.getUTCDate()} ${this.formats.weekday.format(date)}` : String(date.getUTCDate());
      lower.push({ x: this.dayX(day), width: this.dayWidth, label, isRest, isCentred: true });
    }
    return { upper: this.months(first, last, 1, (date) => this.formats.yearMonth.format(date)), lower };
  }

  weekTicks(first, last) {
    const lower = [];
    for (let day = first - weekdayOf(first); day <= last; day += 7) {
      const date = dateOf(day);
      const label = this.dayWidth * 7 >= 62 ? this.formats.monthDay.format(date) : String(date.getUTCDate());
      lower.push({ x: this.dayX(day), width: 7 * this.dayWidth, label });
    }
    return { upper: this.months(first, last, 1, (date) => this.formats.yearMonth.format(date)), lower };
  }

  longTicks(first, last) {
    const year = (date) => (this.isChinese ? `${date.getUTCFullYear()}年` : String(date.getUTCFullYear()));
    const quarter = (_, month) => `Q${Math.floor((month % 12) / 3) + 1}`;
    const isMonthly = this.level === "month";
    const yearlyStep = this.dayWidth < 0.35 ? 12 : 3;
    const lower = isMonthly
      ? this.months(first, last, 1, (date) => this.formats.month.format(date))
      : this.months(first, last, yearlyStep, yearlyStep === 12 ? () => "" : quarter);
    return { upper: this.months(first, last, 12, year), lower };
  }

  /** A wall minute written out: the date, and the time where it matters. */
  write(minute, isWithTime = false) {
    if (minute === null || minute === undefined || !Number.isFinite(minute)) return "";
    const iso = new Date(minute * 60000).toISOString();
    return isWithTime ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso.slice(0, 10);
  }
}

