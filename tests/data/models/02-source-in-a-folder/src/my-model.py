from sibling import HERE
from src.sibling import HERE as FROM_ROOT


# modelop.score
def score(record):
    return [HERE, FROM_ROOT]
