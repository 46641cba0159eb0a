# modelop.metrics
def metrics(typed, guessed):
    yield {
        "typed": [typed["zip"][0], str(typed["sold_at"].dtype), str(typed["price"][0])],
        "guessed": [int(guessed["zip"][0]), guessed["sold_at"].dtype.kind],
    }
