"""Benchmarks: devenv beside its peers, in one run. See docs/benchmarks.md; never timed tests."""
