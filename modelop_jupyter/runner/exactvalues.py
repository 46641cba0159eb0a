"""JSON that keeps types to the same Python values again; the host's ``exactvalues.py`` writes it."""

import base64
import datetime
import decimal
import uuid


def value_of(pandas, form):
    """Return the value of a form; ``pandas`` is the environment's own."""
    kind = type(form)
    if kind is list:
        return [value_of(pandas, each) for each in form]
    if kind is not dict:
        return form
    return READERS[form["$"]](pandas, form["v"])


def zone_of(zone):
    """Return a time zone of Python by its name, or by seconds east."""
    if zone is None or zone == "UTC":
        return zone and datetime.timezone.utc
    if isinstance(zone, int):
        return datetime.timezone(datetime.timedelta(seconds=zone))
    try:
        import zoneinfo

        return zoneinfo.ZoneInfo(zone)
    except ImportError:  # before Python 3.9
        import dateutil.tz

        return dateutil.tz.gettz(zone)


def numpy_of(form):
    import numpy

    dtype, shape, data = form
    found = numpy.frombuffer(base64.b64decode(data), dtype=dtype)
    return found[0] if shape is None else found.reshape(shape).copy()


def objects_of(pandas, form):
    import numpy

    shape, values = form
    found = numpy.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        found[place] = value_of(pandas, value)
    return found.reshape(shape)


def all_of(kind):
    return lambda pandas, form: kind(value_of(pandas, each) for each in form)


def period_of(pandas, form):
    ordinal, freq = form
    return with_freq(lambda one: pandas.Period(ordinal=ordinal, freq=one), freq)


def with_freq(make, freq):
    """Call with the name of a frequency, which pandas 2.2 has renamed."""
    names, older = [freq], freq
    for new, old in (
        ("YE", "A"),
        ("QE", "Q"),
        ("ME", "M"),
        ("Y", "A"),
        ("min", "T"),
        ("ms", "L"),
        ("us", "U"),
    ):
        if freq.lstrip("0123456789").startswith(new):
            names.append(freq.replace(new, old, 1))
    names += [freq.upper(), freq.replace("A-", "Y-"), freq.lower()]
    for older in names:
        try:
            return make(older)
        except ValueError:
            pass
    return make(freq)


def timestamp_of(pandas, form):
    text, zone, fold = form
    found = pandas.Timestamp(text)
    if "." not in text or len(text.partition(".")[2]) <= 6:
        try:
            unit = {0: "s", 3: "ms", 6: "us"}.get(len(text.partition(".")[2]))
            found = found.as_unit(unit) if unit and hasattr(found, "as_unit") else found
        except ValueError:
            pass
    if zone is None:
        return found
    return found.tz_localize("UTC").tz_convert("UTC" if zone == "UTC" else zone_name(zone))


def zone_name(zone):
    return datetime.timezone(datetime.timedelta(seconds=zone)) if isinstance(zone, int) else zone


def moment_of(_pandas, form):
    parts, zone, fold = form
    return datetime.datetime(*parts, tzinfo=zone_of(zone), fold=fold)


def time_of(_pandas, form):
    parts, zone, fold = form
    return datetime.time(*parts, tzinfo=zone_of(zone), fold=fold)


READERS = {
    "float": lambda _pandas, form: float(form),
    "tuple": all_of(tuple),
    "set": all_of(set),
    "frozenset": all_of(frozenset),
    "dict": lambda pandas, form: {
        value_of(pandas, key): value_of(pandas, item) for key, item in form
    },
    "decimal": lambda _pandas, form: decimal.Decimal(form),
    "uuid": lambda _pandas, form: uuid.UUID(form),
    "bytes": lambda _pandas, form: form.encode("latin-1"),
    "bytearray": lambda _pandas, form: bytearray(form.encode("latin-1")),
    "complex": lambda _pandas, form: complex(*map(float, form)),
    "datetime": moment_of,
    "date": lambda _pandas, form: datetime.date(*form),
    "time": time_of,
    "timedelta": lambda _pandas, form: datetime.timedelta(*form),
    "numpy": lambda _pandas, form: numpy_of(form),
    "objects": objects_of,
    "NaTType": lambda pandas, _form: pandas.NaT,
    "NAType": lambda pandas, _form: pandas.NA if hasattr(pandas, "NA") else None,
    "Timestamp": timestamp_of,
    "Timedelta": lambda pandas, form: pandas.Timedelta(int(form), unit="ns"),
    "Period": period_of,
    "Interval": lambda pandas, form: pandas.Interval(
        value_of(pandas, form[0]), value_of(pandas, form[1]), closed=form[2]
    ),
}
