"""A namespace for each preview: what lies in objects/ is pure, the rest is the way to a server."""
