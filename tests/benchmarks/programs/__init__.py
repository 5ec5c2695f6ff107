"""What the benchmarks' services run."""
