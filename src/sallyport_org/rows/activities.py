"""How tasks and events are drawn: their times, reminders and series must fit together.

What belongs here: fields of Task and Event that follow from others of the same row. What does not:
fields any object could have (``recipes``) and the drawing tools (``draw``).

Which fields a kind of series uses is documented (Task and Event, RecurrenceType):
https://developer.salesforce.com/docs/platform/object-reference/. Lightning series
(``IsRecurrence2``) and all-day events are not made up.
"""

from __future__ import annotations

from collections.abc import Sequence

from sallyport_org.rows.draw import GONE_ROWS, Draw, Recipe

_QUARTER_HOUR = 15 * 60
_WEEKDAYS = 62
"""Monday to Friday as a day-of-week mask: Sunday is 1, Monday 2, Tuesday 4, and so on."""
_BY_INTERVAL = ("RecursDaily", "RecursWeekly", "RecursMonthly", "RecursMonthlyNth")
_BY_DAY_OF_WEEK = ("RecursWeekly", "RecursMonthlyNth", "RecursYearlyNth")
_BY_DAY_OF_MONTH = ("RecursMonthly", "RecursYearly")
_BY_INSTANCE = ("RecursMonthlyNth", "RecursYearlyNth")
_BY_MONTH = ("RecursYearly", "RecursYearlyNth")


def _archived(draw: Draw) -> str:
    """The rows past the deleted ones are archived: only ``queryAll`` shows them."""
    return f"i >= {draw.setting.counts[draw.sobject.name]} + {GONE_ROWS}"


def _related(draw: Draw) -> str:
    """An activity with a lead belongs to nothing else (documented: Task, WhoId)."""
    related = draw.reference(*draw.field.refers_to)
    if related is None:
        return "NULL"
    lead = draw.setting.schema.sobject("Lead").prefix
    return f"CASE WHEN WhoId LIKE '{lead}%' THEN NULL ELSE {draw.sometimes(70, related)} END"


def _begin(draw: Draw) -> str:
    """Events begin on a quarter of an hour, within two months after they were entered."""
    begin = f"_created + {draw.number(86_400 * 60)}"
    return draw.moment(f"({begin}) // {_QUARTER_HOUR} * {_QUARTER_HOUR}")


def _reminder(draw: Draw) -> str:
    return draw.sometimes(50, draw.moment(f"_created + {draw.number(86_400 * 30)}"))


def _one_of_the_list(draw: Draw) -> str:
    return draw.pick([value.value for value in draw.field.picklist])


def _series(recipe: Recipe, kinds: Sequence[str] = ()) -> Recipe:
    """Return the recipe for a field only series have, or only series of these kinds."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    condition = f"IsRecurrence AND RecurrenceType IN ({listed})" if kinds else "IsRecurrence"
    return lambda draw: f"CASE WHEN {condition} THEN {recipe(draw)} END"


def _day_of_week(draw: Draw) -> str:
    return (
        f"CASE WHEN RecurrenceType = 'RecursEveryWeekday' THEN {_WEEKDAYS} "
        f"ELSE 1 << ({draw.number(7)})::INTEGER END"
    )


def _days_after(start: str) -> Recipe:
    return lambda draw: f"({start})::DATE + (7 + {draw.number(180)})::INTEGER"


_BOTH: dict[str, Recipe] = {
    "WhatId": _related,
    "IsArchived": _archived,
    "ReminderDateTime": _reminder,
    "IsReminderSet": lambda draw: "ReminderDateTime IS NOT NULL",
    "IsRecurrence": lambda draw: f"{draw.number(20)} = 0",
    "RecurrenceTimeZoneSidKey": _series(_one_of_the_list),
    "RecurrenceType": _series(_one_of_the_list),
    "RecurrenceInterval": _series(lambda draw: f"1 + {draw.number(12)}", _BY_INTERVAL),
}

ACTIVITIES: dict[str, Recipe] = {
    **{f"Task.{name}": recipe for name, recipe in _BOTH.items()},
    **{f"Event.{name}": recipe for name, recipe in _BOTH.items()},
    "Task.IsHighPriority": lambda draw: "Priority = 'High'",
    "Task.IsClosed": lambda draw: "Status = 'Completed'",
    "Task.CompletedDateTime": lambda draw: (
        f"CASE WHEN IsClosed THEN {draw.moment('_modified')} END"
    ),
    "Task.RecurrenceStartDateOnly": _series(lambda draw: f"({draw.moment('_created')})::DATE"),
    "Task.RecurrenceEndDateOnly": _series(_days_after("RecurrenceStartDateOnly")),
    "Event.IsAllDayEvent": lambda draw: "false",
    "Event.ActivityDateTime": _begin,
    "Event.ActivityDate": lambda draw: "ActivityDateTime::DATE",
    "Event.DurationInMinutes": lambda draw: f"15 + 15 * {draw.number(16)}",
    "Event.StartDateTime": lambda draw: "ActivityDateTime",
    "Event.EndDateTime": lambda draw: "StartDateTime + to_minutes(DurationInMinutes)",
    "Event.EndDate": lambda draw: "EndDateTime::DATE",
    "Event.IsChild": lambda draw: "false",
    "Event.GroupEventType": lambda draw: "CASE WHEN IsGroupEvent THEN '1' ELSE '0' END",
    "Event.RecurrenceStartDateTime": _series(lambda draw: "StartDateTime"),
    "Event.RecurrenceEndDateOnly": _series(_days_after("RecurrenceStartDateTime")),
    "Event.RecurrenceDayOfWeekMask": _series(
        _day_of_week, (*_BY_DAY_OF_WEEK, "RecursEveryWeekday")
    ),
    "Event.RecurrenceDayOfMonth": _series(lambda draw: f"1 + {draw.number(28)}", _BY_DAY_OF_MONTH),
    "Event.RecurrenceInstance": _series(_one_of_the_list, _BY_INSTANCE),
    "Event.RecurrenceMonthOfYear": _series(_one_of_the_list, _BY_MONTH),
    "Event.IsRecurrence2": lambda draw: "false",
    "Event.IsRecurrence2Exception": lambda draw: "false",
    "Event.IsRecurrence2Exclusion": lambda draw: "false",
    "Event.Recurrence2PatternText": lambda draw: "NULL",
    "Event.Recurrence2PatternVersion": lambda draw: "NULL",
    "Event.Recurrence2PatternStartDate": lambda draw: "NULL",
    "Event.Recurrence2PatternTimeZone": lambda draw: "NULL",
}
"""Recipes by object and field."""
