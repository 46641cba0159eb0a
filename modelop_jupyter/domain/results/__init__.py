"""Results of jobs: verdicts, comparisons, histograms, groups of errors."""
