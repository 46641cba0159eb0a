import concurrent.futures
import multiprocessing


class Pair:
    def __init__(self, x):
        self.x = x


def double(pair):
    return Pair(2 * pair.x)


# modelop.score
def score(record):
    found = []
    for method in ("spawn", "forkserver", "fork"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            found += pool.map(double, [Pair(record)])
    with concurrent.futures.ProcessPoolExecutor(1) as executor:
        found += executor.map(double, [Pair(record)])
    return [each.x for each in found if isinstance(each, Pair)]
