# modelop.score
def score(row):
    row["sum"] = row["a"] + row["b"]
    yield row
