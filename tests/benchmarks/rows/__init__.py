"""The rows: one module for each workload, each with ``TITLE`` and ``measure``."""
