# modelop.slot.1: in-use
# modelop.slot.3: in-use
# modelop.schema.3: alert.avsc


# modelop.score
def score(record):
    yield 1, {"n": record}
    if record > 1:
        yield (3, {"alert": record})
    if record > 2:
        yield (3, {"alert": "three"})
    yield (5, record)
    yield (True, record)
    yield [3, record]
    yield (1, record, 0)
