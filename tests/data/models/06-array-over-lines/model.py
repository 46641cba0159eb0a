# modelop.score
def score(record):
    return record
