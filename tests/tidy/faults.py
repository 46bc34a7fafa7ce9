"""What a rule reports, and how the exceptions file takes some of it back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    rule: str
    path: str
    line: int
    message: str
    name: str = ""  # of the function or type, when the fault is about one

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.rule}: {self.message}"

    @property
    def key(self):
        return f"{self.rule} {self.path}" + (f":{self.name}" if self.name else "")


def read_exceptions(text):
    """Returns the keys of the exceptions: one `rule path[:name]  # reason` a line; the reason must be there."""
    keys, faults = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        entry, _, reason = line.partition("#")
        if not entry.strip():
            continue
        if not reason.strip():
            faults.append(Fault("exceptions", "tests/tidy/exceptions.txt", number, "an exception needs its reason after #"))
        keys.append(" ".join(entry.split()))
    return keys, faults


def apply_exceptions(faults, keys):
    """Returns the faults that no exception names, and a fault for each exception that nothing needs."""
    left = [fault for fault in faults if fault.key not in keys]
    found = {fault.key for fault in faults}
    for key in keys:
        if key not in found:
            left.append(Fault("exceptions", "tests/tidy/exceptions.txt", 0, f"no longer needed: {key}"))
    return left
