"""Whether an index can be trusted, and taking one elsewhere."""
