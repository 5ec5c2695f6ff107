"""One screen a file: it composes widgets, hands them the view, and turns keys into wishes."""
