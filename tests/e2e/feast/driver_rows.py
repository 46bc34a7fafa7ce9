"""The rows that the Feast repository of feature_repo.py reads; the replay gives the same to Larder."""

import datetime

import pyarrow
import pyarrow.parquet

DRIVERS = 5


def instant(day, hour=0):
    return datetime.datetime(2026, 1, day, hour, tzinfo=datetime.timezone.utc)


def driver_stats():
    """Two rows a driver: the second is newer. Driver 1003 has a null in every feature that may be one."""
    columns = {name: [] for name in ("driver_id", "event_timestamp", "created", "conv_rate", "acc_rate", "daily_trips", "wheels", "city",
                                     "active", "last_ride", "scores")}
    for day in (1, 2):
        for driver in range(1001, 1001 + DRIVERS):
            missing = driver == 1003
            row = {"driver_id": driver, "event_timestamp": instant(day, driver - 1001), "created": instant(day, 12),
                   "conv_rate": None if missing else (driver - 1000) / 8 + day, "acc_rate": None if missing else (driver - 1000) / 10,
                   "daily_trips": None if missing else driver * day, "wheels": 4, "city": None if missing else f"Zürich {driver}",
                   "active": None if missing else driver % 2 == 0, "last_ride": instant(day, 6), "scores": [float(day), driver / 2]}
            for name, value in row.items():
                columns[name].append(value)
    types = {"event_timestamp": pyarrow.timestamp("us", "UTC"), "created": pyarrow.timestamp("us", "UTC"), "acc_rate": pyarrow.float32(),
             "wheels": pyarrow.int32(), "last_ride": pyarrow.timestamp("us", "UTC")}
    return pyarrow.table({name: pyarrow.array(values, types.get(name)) for name, values in columns.items()})


def trips():
    """Rows by two join keys, of which one is a text; their view has a ttl of a day, so that they are too old by now."""
    return pyarrow.table({"driver_id": [1001, 1001, 1002], "customer_id": ["ann", "bob", "ann"],
                          "event_timestamp": pyarrow.array([instant(1), instant(2), instant(3)], pyarrow.timestamp("us", "UTC")),
                          "trips_together": [3, 1, 7]})


def write(folder):
    pyarrow.parquet.write_table(driver_stats(), f"{folder}/driver_stats.parquet")
    pyarrow.parquet.write_table(trips(), f"{folder}/trips.parquet")
