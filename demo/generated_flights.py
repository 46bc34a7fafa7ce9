"""A small set of flights with the columns of the real files, for machines without them. The same bits at every run."""

import csv
import datetime
import gzip
import io
import os
import random

# code, name, city, state, latitude, longitude, hours from UTC in January
AIRPORTS = [
    ("SFO", "San Francisco International Airport", "San Francisco", "CA", 37.619, -122.37484, -8),
    ("LAX", "Los Angeles International Airport", "Los Angeles", "CA", 33.94254, -118.40807, -8),
    ("DEN", "Denver International Airport", "Denver", "CO", 39.85841, -104.667, -7),
    ("ORD", "Chicago O'Hare International Airport", "Chicago", "IL", 41.9796, -87.90446, -6),
    ("ATL", "Hartsfield-Jackson Atlanta International Airport", "Atlanta", "GA", 33.64044, -84.42694, -5),
    ("JFK", "John F. Kennedy International Airport", "New York", "NY", 40.63975, -73.77893, -5),
]
AIRLINES = ["AA", "DL", "UA", "WN"]
COLUMNS = """DAY_OF_WEEK AIRLINE FLIGHT_NUMBER TAIL_NUMBER ORIGIN_AIRPORT DESTINATION_AIRPORT SCHEDULED_DEPARTURE DEPARTURE_TIME
DEPARTURE_DELAY TAXI_OUT WHEELS_OFF SCHEDULED_TIME ELAPSED_TIME AIR_TIME DISTANCE WHEELS_ON TAXI_IN SCHEDULED_ARRIVAL ARRIVAL_TIME
ARRIVAL_DELAY DIVERTED CANCELLED CANCELLATION_REASON AIR_SYSTEM_DELAY SECURITY_DELAY AIRLINE_DELAY LATE_AIRCRAFT_DELAY
WEATHER_DELAY ds AIRPORT CITY STATE COUNTRY LATITUDE LONGITUDE AIRPORT_DEST CITY_DEST STATE_DEST COUNTRY_DEST LATITUDE_DEST
LONGITUDE_DEST""".split()


def _clock(moment):
    return moment.hour * 100 + moment.minute


def _places(origin, destination):
    named = {}
    for airport, suffix in ((origin, ""), (destination, "_DEST")):
        values = (airport[1], airport[2], airport[3], "USA", airport[4], airport[5])
        named.update(zip((f"{column}{suffix}" for column in ("AIRPORT", "CITY", "STATE", "COUNTRY", "LATITUDE", "LONGITUDE")), values))
    return named


def _flight(chance, leg, departure):
    """Returns the row of one leg; `departure` is the scheduled one on the origin's clock."""
    airline, number, tail, origin, destination = leg
    distance = int(((origin[4] - destination[4]) ** 2 + (origin[5] - destination[5]) ** 2) ** 0.5 * 55)
    planned = 45 + distance // 8
    shift = datetime.timedelta(hours=destination[6] - origin[6])
    row = dict.fromkeys(COLUMNS, "")
    row.update(_places(origin, destination))
    row.update({
        "DAY_OF_WEEK": departure.isoweekday(), "AIRLINE": airline, "FLIGHT_NUMBER": number, "TAIL_NUMBER": tail,
        "ORIGIN_AIRPORT": origin[0], "DESTINATION_AIRPORT": destination[0], "SCHEDULED_DEPARTURE": _clock(departure),
        "SCHEDULED_TIME": planned, "DISTANCE": distance, "DIVERTED": 0, "CANCELLED": 0, "ds": departure.date().isoformat(),
        "SCHEDULED_ARRIVAL": _clock(departure + datetime.timedelta(minutes=planned) + shift),
    })
    if chance.random() < 0.02:
        row.update({"CANCELLED": 1, "CANCELLATION_REASON": chance.choice("ABC")})
        return row
    delay = chance.randrange(-10, 15) if chance.random() < 0.75 else chance.randrange(15, 180)
    taxi_out, taxi_in, air = chance.randrange(8, 30), chance.randrange(3, 15), planned - 30 + chance.randrange(-10, 15)
    elapsed = taxi_out + air + taxi_in
    actual = departure + datetime.timedelta(minutes=delay)
    landed = actual + datetime.timedelta(minutes=taxi_out + air) + shift
    row.update({
        "DEPARTURE_TIME": f"{_clock(actual)}.0", "DEPARTURE_DELAY": f"{delay}.0", "TAXI_OUT": f"{taxi_out}.0",
        "WHEELS_OFF": f"{_clock(actual + datetime.timedelta(minutes=taxi_out))}.0", "ELAPSED_TIME": f"{elapsed}.0",
        "AIR_TIME": f"{air}.0", "WHEELS_ON": f"{_clock(landed)}.0", "TAXI_IN": f"{taxi_in}.0",
        "ARRIVAL_TIME": f"{_clock(landed + datetime.timedelta(minutes=taxi_in))}.0",
        "ARRIVAL_DELAY": f"{delay + elapsed - planned}.0",
    })
    return row


def generate(days=4, aircraft=40, seed=20150101):
    """Returns the rows: each aircraft flies from where it stands, some four legs a day."""
    chance = random.Random(seed)
    rows = []
    for plane in range(aircraft):
        airline, place = AIRLINES[plane % len(AIRLINES)], AIRPORTS[plane % len(AIRPORTS)]
        for day in range(days):
            departure = datetime.datetime(2015, 1, 1 + day, 5, 0) + datetime.timedelta(minutes=5 * chance.randrange(36))
            for _ in range(4):
                destination = chance.choice([airport for airport in AIRPORTS if airport is not place])
                leg = (airline, 100 + plane, f"N{100 + plane}LD", place, destination)
                row = _flight(chance, leg, departure)
                rows.append((row["ds"], row["SCHEDULED_DEPARTURE"], plane, row))
                if row["CANCELLED"] == 0:
                    place = destination
                departure += datetime.timedelta(minutes=row["SCHEDULED_TIME"] + 45)
    return [row[3] for row in sorted(rows, key=lambda row: row[:3])]


def write(folder):
    """Writes the set as `flights-2015-01.csv.gz` into a folder; an unchanged set keeps the file as it is."""
    os.makedirs(folder, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(generate())
    content = gzip.compress(text.getvalue().encode(), mtime=0)
    path = os.path.join(folder, "flights-2015-01.csv.gz")
    if not os.path.exists(path) or open(path, "rb").read() != content:
        with open(path, "wb") as file:
            file.write(content)
    return path
