"""Arms, statistics and verdict: what it takes to say honestly whether a graph helps."""
