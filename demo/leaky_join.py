"""A join as it is often written, to show what point-in-time correctness is worth.

"The previous flight of this airport" as a window function gives it: ordered by scheduled departure, the row before. That
row exists in the files; at the moment of the prediction the flight that it tells of may still be in the air.
"""

import datetime


def previous_by_schedule(flights, key):
    """Returns for each flight the one before it with the same key, by scheduled departure; None without one or
    without a key. Cancelled and diverted flights are no previous flights, as in the definitions."""
    order = sorted(range(len(flights)), key=lambda index: (flights[index]["scheduled_at"], index))
    newest, previous = {}, [None] * len(flights)
    for index in order:
        flight = flights[index]
        if flight[key] is None:
            continue
        previous[index] = newest.get(flight[key])
        if flight["arrived_at"] is not None:
            newest[flight[key]] = flight
    return previous


def same(left, right):
    return left == right or (left is None and right is None)


def compare(flights, correct, key, ahead=datetime.timedelta(hours=1)):
    """Returns (values that differ from the point-in-time ones, leaky values that nobody could know yet)."""
    differ, unknown = 0, 0
    for flight, leaky, right in zip(flights, previous_by_schedule(flights, key), correct):
        value = leaky["arrival_delay"] if leaky else None
        if not same(value, right):
            differ += 1
        if leaky and leaky["arrived_at"] > flight["scheduled_at"] - ahead:
            unknown += 1
    return differ, unknown


def count_leaks(flights, correct, key, ahead=datetime.timedelta(hours=1)):
    """Returns how many point-in-time values are not those of the newest flight that had landed by then: 0 unless
    something is wrong. Works out each value the slow way for a sample, by looking at every flight."""
    wrong = 0
    for index in range(0, len(flights), max(1, len(flights) // 300)):
        moment = flights[index]["scheduled_at"] - ahead
        oldest = moment - datetime.timedelta(days=3 if key == "aircraft" else 1)
        value, best = None, None
        for position, flight in enumerate(flights):
            if flight[key] is None or flight[key] != flights[index][key] or flight["arrived_at"] is None:
                continue
            if oldest <= flight["arrived_at"] <= moment and (best is None or (flight["arrived_at"], position) > best):
                best, value = (flight["arrived_at"], position), flight["arrival_delay"]
        if not same(value, correct[index]):
            wrong += 1
    return wrong
