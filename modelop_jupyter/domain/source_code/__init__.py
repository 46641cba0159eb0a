"""Python source code: lines, smart tags, slots, pickled names, removed names."""
