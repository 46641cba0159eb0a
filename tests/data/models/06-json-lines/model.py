# modelop.score
def score(record):
    return {"type": type(record).__name__, "record": record}
