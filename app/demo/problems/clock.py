"""Clock times: a time on a twelve-hour clock and some hours and minutes later."""

from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem
from app.demo.problems.wording import dressed


def clock_time(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02d}"


def clock(rng: Random) -> Problem:
    """ "it is 3:45, what time will it be in 2 hours and 30 minutes"."""
    hour, minute = rng.randint(1, 12), rng.randint(0, 59)
    if rng.random() < 0.5:
        minute = minute // 5 * 5
    hours, minutes = rng.randint(1, 9), rng.randint(1, 59)
    if rng.random() < 0.5:
        minutes = max(5, minutes // 5 * 5)
    thoughts, after_hours, result = _thoughts(hour, minute, hours, minutes)
    outline = rng.choice(("I will add the hours first, then the minutes.", "First the hours, then the minutes."))
    answer = (
        outline,
        f"{hours} {_plural('hour', hours)} after {clock_time(hour, minute)} it is {after_hours}.",
        f"{minutes} more {_plural('minute', minutes)}, so it is {result}.",
    )
    question = _question(rng, clock_time(hour, minute), hours, minutes)
    return Problem("clock", question, thoughts, answer, (1, 2, 4), result, ("clock", hour, minute, hours, minutes))


def _question(rng: Random, start: str, hours: int, minutes: int) -> str:
    if start.endswith(":00") and rng.random() < 0.5:
        start = start.removesuffix(":00") + " o'clock"
    duration = f"{hours} {_plural('hour', hours)} and {minutes} {_plural('minute', minutes)}"
    if rng.random() < 0.5:
        event = rng.choice(("film", "meeting", "flight", "game", "lesson"))
        return dressed(rng, f"a {event} starts at {start} and lasts {duration}", "when does it end")
    return dressed(rng, f"it is {start}", f"what time will it be in {duration}")


def _thoughts(hour: int, minute: int, hours: int, minutes: int) -> tuple[tuple[str, ...], str, str]:
    """The four thought paragraphs, the time after the hours, and the time after the minutes too."""
    late_hour, hour_line = _wrap_hour(hour + hours, f"{hour}+{hours}={hour + hours}")
    late_minute = minute + minutes
    minute_line = Step(Op.PLUS, minute, minutes).worked_line
    end_hour = late_hour
    if late_minute >= 60:
        minute_line += f". {late_minute}-60={late_minute - 60}"
        end_hour, minute_line = _wrap_hour(late_hour + 1, f"{minute_line}, hour {late_hour}+1={late_hour + 1}")
        late_minute -= 60
    result = clock_time(end_hour, late_minute)
    plan = f"plan: hours {hour}+{hours}, minutes {minute}+{minutes}."
    return (plan, f"{hour_line}.", f"{minute_line}.", f"{result}."), clock_time(late_hour, minute), result


def _wrap_hour(hour: int, line: str) -> tuple[int, str]:
    """The hour on a twelve-hour clock, and the line with that written down."""
    if hour <= 12:
        return hour, line
    return hour - 12, f"{line}, {hour}-12={hour - 12}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
