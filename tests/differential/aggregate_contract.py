"""What each aggregate gives, from the contract, in exact arithmetic: values are None or numbers, texts, lists.

`values` are those of the events of a window that have no null input, in order; `pairs` of two inputs likewise. Floats are
Python's, integers Python's; a result is a float, an int, a bool, a str, a list or None.
"""

import collections
import math
import struct
from fractions import Fraction

NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000))[0]


class Overflow(Exception):
    """An integer result does not fit."""


def rounded(value):
    """Rounds a fraction once; beyond the largest double an infinity; an exact zero is +0.0."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def is_float(values):
    return any(isinstance(value, float) for value in values)


def exact(values):
    return sum((Fraction(value) for value in values), Fraction(0))


def special(values):
    """Returns what IEEE makes of a sum with values that are not finite, or None when all are."""
    odd = [value for value in values if isinstance(value, float) and not math.isfinite(value)]
    if not odd:
        return None
    if any(math.isnan(value) for value in odd) or len(set(odd)) > 1:
        return NAN
    return odd[0]


def whole(value):
    if not -(2**63) <= value < 2**63:
        raise Overflow
    return value


def total(values, wants_integer):
    if not values:
        return None
    if wants_integer:
        return whole(sum(values))
    odd = special(values)
    return rounded(exact(values)) if odd is None else odd


def mean(values):
    if not values:
        return None
    odd = special(values)
    return rounded(exact(values) / len(values)) if odd is None else odd


def spread(values):
    return len(values) * sum((Fraction(value) ** 2 for value in values), Fraction(0)) - exact(values) ** 2


def variance(values, less):
    n = len(values)
    if n <= less:
        return None
    return NAN if special(values) is not None else rounded(spread(values) / (n * (n - less)))


def deviation(values, less):
    value = variance(values, less)
    return None if value is None else value if math.isnan(value) or math.isinf(value) else math.sqrt(value)


def near(value):
    """Marks a result that is exact here and may differ in its last bits there."""
    return ("near", value)


def root(square):
    """Returns the square root of a fraction, also of one below the doubles."""
    digits = 4096
    return rounded(Fraction(math.isqrt((square.numerator << digits) // square.denominator), 1 << (digits // 2)))


def skew(values):
    n = len(values)
    if n < 3 or (special(values) is None and spread(values) == 0):
        return None
    if special(values) is not None:
        return NAN
    center = exact(values) / n
    second, third = (sum((Fraction(value) - center) ** power for value in values) / n for power in (2, 3))
    square = third * third / second**3 * n * (n - 1) / (n - 2) ** 2
    return near(math.copysign(root(square), 1 if third > 0 else -1) if third else 0.0)


def kurtosis(values):
    n = len(values)
    if n < 4 or (special(values) is None and spread(values) == 0):
        return None
    if special(values) is not None:
        return NAN
    center = exact(values) / n
    second, fourth = (sum((Fraction(value) - center) ** power for value in values) / n for power in (2, 4))
    return near(rounded(Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * (fourth / second**2 - 3) + 6)))


def order_key(value):
    """Orders values: -0.0 below 0.0, NaN above all."""
    if isinstance(value, float):
        return (1, 0) if math.isnan(value) else (0, (value, math.copysign(1, value)))
    return (0, value)


def least(values, sign):
    numbers = [value for value in values if not (isinstance(value, float) and math.isnan(value))]
    if not values:
        return None
    if not numbers:
        return NAN
    return (min if sign > 0 else max)(numbers, key=order_key)


def by(pairs, sign):
    if not pairs:
        return None
    numbers = [pair for pair in pairs if not (isinstance(pair[1], float) and math.isnan(pair[1]))] or pairs
    best = (min if sign > 0 else max)((order_key(pair[1]) for pair in numbers))
    return next(pair[0] for pair in numbers if order_key(pair[1]) == best)


def covariance(pairs):
    n = len(pairs)
    if n < 2:
        return None
    if special([value for pair in pairs for value in pair]) is not None:
        return NAN
    x, y = zip(*pairs)
    cross = n * sum(Fraction(a) * Fraction(b) for a, b in pairs) - exact(x) * exact(y)
    return rounded(cross / (n * (n - 1)))


def correlation(pairs):
    n = len(pairs)
    if n < 2:
        return None
    if special([value for pair in pairs for value in pair]) is not None:
        return NAN
    x, y = zip(*pairs)
    if spread(x) == 0 or spread(y) == 0:
        return None
    cross = n * sum(Fraction(a) * Fraction(b) for a, b in pairs) - exact(x) * exact(y)
    square = cross * cross / (spread(x) * spread(y))
    return near(math.copysign(root(square), 1 if cross > 0 else -1) if cross else 0.0)


def slope(values, times):
    if len(values) < 2:
        return None
    if special(values) is not None:
        return NAN
    if spread(times) == 0:
        return None
    n = len(values)
    cross = n * sum(Fraction(time) * Fraction(value) for time, value in zip(times, values)) - exact(times) * exact(values)
    return near(rounded(1_000_000 * cross / spread(times)))


def ratio(pairs):
    if not pairs:
        return None
    x, y = zip(*pairs)
    if special(x) is not None or special(y) is not None:
        top, base = total(x, False), total(y, False)
        if base == 0:
            return None
        if math.isnan(top) or math.isnan(base) or (math.isinf(top) and math.isinf(base)):
            return NAN
        return top / base
    return None if exact(y) == 0 else near(rounded(exact(x) / exact(y)))


def quantile(values, share):
    if not values:
        return None
    if any(isinstance(value, float) and math.isnan(value) for value in values):
        return NAN
    ordered = sorted(values, key=order_key)
    place = share * (len(ordered) - 1)
    index = int(place)
    low, rest = ordered[index], place - index
    high = ordered[index + 1] if rest else low
    if rest == 0:
        return float(low)
    if low == high:
        return float(low) + 0.0
    if special([low, high]) is not None:
        return total([float(low), float(high)], False)
    return rounded(Fraction(low) * (1 - rest) + Fraction(high) * rest)


def joined(value):
    """Makes equal what counts as one distinct value."""
    if isinstance(value, float):
        return (1, 0.0) if math.isnan(value) else (0, value + 0.0)
    return (0, value)


def mode(values):
    if not values:
        return None
    counts = collections.Counter(joined(value) for value in values)
    most = max(counts.values())
    is_nan, value = min(key for key, count in counts.items() if count == most)
    return NAN if is_nan else value


def entropy(values):
    if not values:
        return None
    counts = collections.Counter(joined(value) for value in values).values()
    if len(counts) == 1:
        return 0.0
    weighted = sum((Fraction(count * math.log2(count)) for count in counts), Fraction(0))
    return max(math.log2(len(values)) - rounded(weighted / len(values)), 0.0)


def drawdown(values):
    if not values:
        return None
    numbers = [value for value in values if not (isinstance(value, float) and math.isnan(value))]
    if not numbers:
        return NAN
    falls = [a - b for i, a in enumerate(numbers) for b in numbers[i:] if a > b]
    if is_float(values):
        return max(falls, default=0.0)
    return whole(max(falls, default=0))


def histogram(values, edges):
    counts = [0] * (len(edges) + 1)
    for value in values:
        if not (isinstance(value, float) and math.isnan(value)):
            counts[sum(1 for edge in edges if value >= edge)] += 1
    return counts


def decay_weight(time, half_life):
    period, rest = divmod(time, half_life)
    return period, 2.0 ** (float(rest) / float(half_life)) / 2


def decayed(values, times, half_life, now):
    """Returns the exact sums of weighted values and of weights, relative to 2^(period of the newest or of now)."""
    weights = [decay_weight(time, half_life) for time in times]
    last = now if now is not None else max((period for period, _ in weights), default=0)
    top = base = Fraction(0)
    odd = []
    for value, (period, factor) in zip(values, weights):
        if last - period > 1024:
            continue
        product = float(value) * factor
        base += Fraction(factor) / 2 ** (last - period)
        if math.isfinite(product):
            top += Fraction(product) / 2 ** (last - period)
        else:
            odd.append(product)
    return top, base, special(odd)


def ewma(values, times, half_life):
    if not values:
        return None
    top, base, odd = decayed(values, times, half_life, None)
    return near(rounded(top / base)) if odd is None else odd


def decayed_sum(values, times, half_life, now):
    if not values:
        return None
    period, factor = decay_weight(now, half_life)
    top, _, odd = decayed(values, times, half_life, period)
    return near(rounded(top / Fraction(factor))) if odd is None else odd


def places(lists, of):
    return [of([value[i] for value in lists]) for i in range(len(lists[0]))] if lists else None


def delta(values, wants_integer):
    if not values:
        return None
    if wants_integer:
        return whole(values[-1] - values[0])
    difference = values[-1] - values[0]
    return NAN if math.isnan(difference) else difference
