import os


# modelop.score
def score(record):
    print("scoring", record)
    if record == 3:
        os._exit(0)
    return record
