import argparse
import os
import sys

options = argparse.ArgumentParser()
options.add_argument("--factor", type=int, default=10)
factor = options.parse_args().factor


# modelop.score
def score(record):
    return [os.path.basename(each) for each in sys.argv] + [record * factor]
