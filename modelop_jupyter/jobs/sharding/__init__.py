"""Split one input among several runners and merge what they write."""
