# modelop.metrics
def metrics(baseline, comparator):
    yield {
        "baseline": list(baseline.shape),
        "comparator": list(comparator.shape),
        "mean": comparator["x"].mean(),
    }
