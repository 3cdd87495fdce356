"""One file a step, applied in the order in which they name each other."""
