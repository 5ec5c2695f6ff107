"""Files: one source tree kept equal to one target tree, and what is acted on when it changes."""
