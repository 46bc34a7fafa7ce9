"""The entity table of the demo: one row per flight, one hour before its scheduled departure."""

import datetime

import pyarrow
import pyarrow.parquet

AHEAD = datetime.timedelta(hours=1)


def make_entity_table(flights):
    """Returns join keys, event time, request values and the label of every flight; the label of a flight that never
    arrived is null."""
    instant = pyarrow.timestamp("us", tz="UTC")
    return pyarrow.table({
        "airport": pyarrow.array([flight["airport"] for flight in flights], pyarrow.string()),
        "airline": pyarrow.array([flight["airline"] for flight in flights], pyarrow.string()),
        "aircraft": pyarrow.array([flight["aircraft"] for flight in flights], pyarrow.string()),
        "event_timestamp": pyarrow.array([flight["scheduled_at"] - AHEAD for flight in flights], instant),
        "trip_distance": pyarrow.array([flight["distance"] for flight in flights], pyarrow.float64()),
        "trip_minutes": pyarrow.array([flight["minutes"] for flight in flights], pyarrow.float64()),
        "label_arrival_delay": pyarrow.array([flight["arrival_delay"] for flight in flights], pyarrow.float32()),
    })


def moment_inside(flights):
    """Returns a whole hour with about two thirds of the flights before it."""
    times = sorted(flight["scheduled_at"] for flight in flights)
    return times[len(times) * 2 // 3].replace(minute=0, second=0, microsecond=0)


def keys_at(flights, moment, limit=500):
    """Returns the entity table of flights that depart soon after `moment`, all at that one moment."""
    soon = [flight for flight in flights if moment < flight["scheduled_at"] and flight["aircraft"]]
    soon.sort(key=lambda flight: flight["scheduled_at"])
    rows = [{**flight, "scheduled_at": moment + AHEAD} for flight in soon[:limit]]
    return make_entity_table(rows).drop_columns(["label_arrival_delay"])
