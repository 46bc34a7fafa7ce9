"""Flights as the demo reads them: which files, which columns, and the moment of each in UTC."""

import csv
import datetime
import glob
import gzip
import os
import zoneinfo

_ZONES = {"HI": "Pacific/Honolulu", "AK": "America/Anchorage", "PR": "America/Puerto_Rico", "VI": "America/Puerto_Rico",
          "GU": "Pacific/Guam", "AS": "Pacific/Pago_Pago", "AZ": "America/Phoenix"}
_ZONES.update(dict.fromkeys(["CA", "NV", "OR", "WA"], "America/Los_Angeles"))
_ZONES.update(dict.fromkeys(["CO", "ID", "MT", "NM", "UT", "WY"], "America/Denver"))
_ZONES.update(dict.fromkeys(["AL", "AR", "IA", "IL", "KS", "LA", "MN", "MO", "MS", "ND", "NE", "OK", "SD", "TX", "WI"],
                            "America/Chicago"))
# States with two zones: (state, least longitude, longitude below which, zone).
_SPLIT = [("AK", -360, -170, "America/Adak"), ("ID", -360, -116.9, "America/Los_Angeles"),
          ("ND", -103, -102, "America/Denver"), ("NE", -360, -102, "America/Denver"), ("SD", -360, -102, "America/Denver"),
          ("TX", -360, -105, "America/Denver"), ("IN", -360, -86.6, "America/Chicago"), ("KY", -360, -86.6, "America/Chicago"),
          ("TN", -360, -86.6, "America/Chicago"), ("FL", -360, -85, "America/Chicago"), ("MI", -88.2, -88, "America/Chicago")]


def zone_of(airport, state, longitude):
    """Returns the IANA zone of an airport's clock; the same rule as in examples/flights/features/sources.yaml, written
    a second time so that each checks the other."""
    if airport == "ECP":
        return "America/Chicago"
    for split_state, least, below, zone in _SPLIT:
        if state == split_state and longitude is not None and least <= longitude < below:
            return zone
    return _ZONES.get(state, "America/New_York")


def _number(text):
    return float(text) if text else None


def read_flights(folder):
    """Returns every flight of the folder's files in source order, each a dict with `scheduled_at` and `arrived_at`
    (aware, UTC; None for flights that never arrived)."""
    flights = []
    zones = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.csv.gz"))):
        with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                longitude = _number(row["LONGITUDE"])
                name = zone_of(row["ORIGIN_AIRPORT"], row["STATE"], longitude)
                zone = zones.setdefault(name, zoneinfo.ZoneInfo(name))
                clock = int(row["SCHEDULED_DEPARTURE"])
                local = datetime.datetime.fromisoformat(row["ds"]) + datetime.timedelta(minutes=clock // 100 * 60 + clock % 100)
                scheduled_at = local.replace(tzinfo=zone).astimezone(datetime.timezone.utc)
                arrived_at = None
                if row["CANCELLED"] == "0" and row["DIVERTED"] == "0":
                    late = float(row["DEPARTURE_DELAY"]) + float(row["ELAPSED_TIME"])
                    arrived_at = scheduled_at + datetime.timedelta(minutes=late)
                flights.append({
                    "airport": row["ORIGIN_AIRPORT"], "airline": row["AIRLINE"], "aircraft": row["TAIL_NUMBER"] or None,
                    "scheduled_at": scheduled_at, "arrived_at": arrived_at, "arrival_delay": _number(row["ARRIVAL_DELAY"]),
                    "distance": float(row["DISTANCE"]), "minutes": _number(row["SCHEDULED_TIME"]),
                })
    return flights
