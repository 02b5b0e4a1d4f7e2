"""Working time as a person states it: a week, days that differ, public holidays, in layers from company to project to person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from jingwei.kernels.calendar import holidays

Shift = tuple[int, int]  # start and end, minutes after midnight, 0 <= start < end <= 1440
Shifts = tuple[Shift, ...]
Week = tuple[Shifts, Shifts, Shifts, Shifts, Shifts, Shifts, Shifts]  # Monday first
Region = Literal["CN", "none"]

DAY_MINUTES = 1440
OFFICE_DAY: Shifts = ((540, 720), (780, 1080))  # 09:00-12:00, 13:00-18:00
STANDARD_WEEK: Week = (OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, (), ())
ROUND_THE_CLOCK: Week = (((0, DAY_MINUTES),),) * 7
DEFAULT_ZONE = "Asia/Shanghai"
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1)


class CalendarError(ValueError):
    """A calendar that cannot be used: overlapping shifts, an unknown zone, no working time where work must be placed."""


def _check_shifts(shifts: Shifts) -> None:
    previous_end = 0
    for start, end in shifts:
        if not 0 <= start < end <= DAY_MINUTES:
            raise CalendarError(f"a shift must lie within one day and end after it starts: {start}-{end} (split it at midnight)")
        if start < previous_end:
            raise CalendarError(f"shifts of a day must be in order and not overlap: {shifts}")
        previous_end = end


@dataclass(frozen=True, slots=True)
class DayException:
    """One date on which the week does not hold: no shifts means nobody works."""

    day: date
    shifts: Shifts = ()
    title: str = ""

    def __post_init__(self) -> None:
        _check_shifts(self.shifts)


def days_excepted(first: date, last: date, shifts: Shifts = (), title: str = "") -> tuple[DayException, ...]:
    """The same exception on every day from first to last, both included."""
    return tuple(DayException(first + timedelta(days=offset), shifts, title) for offset in range((last - first).days + 1))


@dataclass(frozen=True, slots=True)
class CalendarLayer:
    """What one level (company, project, person) says; None means it says nothing and the level below it holds."""

    name: str = ""
    week: Week | None = None
    exceptions: tuple[DayException, ...] = ()
    holidays: Region | None = None

    def __post_init__(self) -> None:
        if self.week is not None:
            if len(self.week) != 7:
                raise CalendarError("a week has seven days, Monday first")
            for shifts in self.week:
                _check_shifts(shifts)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working time of somebody or something, in one time zone; a later layer overrides an earlier one.

    For one date, in this order: the exception of the latest layer that has one; a public holiday (nobody works) or a make-up workday
    (the weekday's own shifts, else those of the first working weekday); the week of the latest layer that states one.
    """

    layers: tuple[CalendarLayer, ...] = (CalendarLayer("standard", STANDARD_WEEK, (), "CN"),)
    zone: str = DEFAULT_ZONE
    _excepted: dict[date, Shifts] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        zone_of(self.zone)
        # Later layers, and within a layer later entries, win by being written last.
        excepted = {exception.day: exception.shifts for layer in self.layers for exception in layer.exceptions}
        object.__setattr__(self, "_excepted", excepted)

    @classmethod
    def round_the_clock(cls, zone: str = DEFAULT_ZONE) -> WorkCalendar:
        """Every minute of every day: elapsed time."""
        return cls((CalendarLayer("round the clock", ROUND_THE_CLOCK, (), "none"),), zone)

    @classmethod
    def weekly(cls, week: Week, *, exceptions: tuple[DayException, ...] = (), region: Region = "CN", zone: str = DEFAULT_ZONE) -> WorkCalendar:
        """One layer with its own week."""
        return cls((CalendarLayer("", week, exceptions, region),), zone)

    def layered(self, *layers: CalendarLayer) -> WorkCalendar:
        """This calendar with further layers above it: company › project › person."""
        return replace(self, layers=self.layers + layers)

    @property
    def week(self) -> Week:
        """The week that holds where no exception or holiday does."""
        return next((layer.week for layer in reversed(self.layers) if layer.week is not None), STANDARD_WEEK)

    @property
    def region(self) -> Region:
        """Whose public holidays are kept."""
        return next((layer.holidays for layer in reversed(self.layers) if layer.holidays is not None), "none")

    @property
    def exceptions(self) -> dict[date, Shifts]:
        """The exceptions that hold once the layers are laid over each other."""
        return dict(self._excepted)

    def shifts_on(self, day: date) -> Shifts:
        """The shifts worked on one date, in minutes after local midnight."""
        excepted = self._excepted.get(day)
        if excepted is not None:
            return excepted
        week = self.week
        if self.region == "CN":
            if day in holidays.days_off(day.year):
                return ()
            if day in holidays.make_up_days(day.year):
                return week[day.weekday()] or next((shifts for shifts in week if shifts), ())
        return week[day.weekday()]


def provisional_years(calendar: WorkCalendar, first: date, last: date) -> tuple[int, ...]:
    """Years from first to last whose public holidays are not announced yet, so that their dates may still move."""
    if calendar.region != "CN":
        return ()
    announced = holidays.announced_years()
    return tuple(year for year in range(first.year, last.year + 1) if year not in announced)


@cache
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises CalendarError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError(f"unknown time zone: {name}") from error


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of_number(number: int) -> date:
    """The inverse of day_number."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


def wall_minute(moment: datetime, zone: str = DEFAULT_ZONE) -> int:
    """Minutes from 1970-01-01 00:00 to an aware moment on the clock of a zone; seconds are dropped. Raises ValueError if naive."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    local = moment.astimezone(zone_of(zone))
    return day_number(local.date()) * DAY_MINUTES + local.hour * 60 + local.minute


def moment_of(wall: int, zone: str = DEFAULT_ZONE) -> datetime:
    """The aware UTC moment of a wall minute in a zone; of an hour that a clock change repeats, the first."""
    return (_EPOCH + timedelta(minutes=int(wall))).replace(tzinfo=zone_of(zone)).astimezone(UTC)


def moments_of(walls: NDArray[np.int64], zone: str = DEFAULT_ZONE) -> list[datetime]:
    """The same for many wall minutes at once."""
    quarters, place = np.unique(walls // 15, return_inverse=True)  # clocks change at quarter hours, if at all
    offsets = np.array([_offset_minutes(quarter, zone) for quarter in quarters.tolist()], np.int64)
    naive = (walls - offsets[place]).astype("datetime64[m]").astype(object).tolist() if walls.size else []
    return [moment.replace(tzinfo=UTC) for moment in naive]


@lru_cache(maxsize=1 << 16)
def _offset_minutes(quarter: int, zone: str) -> int:
    offset = (_EPOCH + timedelta(minutes=quarter * 15)).replace(tzinfo=zone_of(zone)).utcoffset()
    return 0 if offset is None else offset // timedelta(minutes=1)
