# modelop.slot.0: in-use
# modelop.slot.2: in-use
# modelop.slot.1: in-use

waiting = {0: [], 2: []}


# modelop.score
def score(data, slot_no, seq_no, scale=10):
    waiting[slot_no].append((seq_no, data))
    if all(waiting.values()):
        (seq, left), (_, right) = waiting[0].pop(0), waiting[2].pop(0)
        yield dict(left, **right, seq=seq, scale=scale)
