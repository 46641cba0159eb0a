# modelop.score
def score(document):
    yield {"elements": document.count("<item>"), "length": len(document)}
