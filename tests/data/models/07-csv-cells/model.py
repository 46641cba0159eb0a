# modelop.score
def score(row):
    return {name: [type(cell).__name__, cell] for name, cell in row.items()}
