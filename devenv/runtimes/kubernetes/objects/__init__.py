"""From the model to a cluster's objects: plain values, no I/O. Start with service.py."""
