"""Colours of the log view, from the theme: no state is told by a colour alone."""

CSS = """
LogView {
    layout: vertical;
    Horizontal { height: 1fr; }
    LogLines {
        width: 1fr;
        height: 100%;
        scrollbar-size: 0 0;
        & > .log--error { color: $text-error; }
        & > .log--warning { color: $text-warning; }
        & > .log--debug { text-style: dim; }
        & > .log--time { text-style: dim; }
        & > .log--note { color: $text-accent; text-style: italic; }
        & > .log--key { color: $text-secondary; }
        & > .log--match { text-style: reverse bold; }
        & > .log--fold { text-style: dim italic; }
        & > .log--mark { color: $text-warning; text-style: bold; }
        & > .log--new { color: $text-success; }
        & > .log--cursor { background: $surface-lighten-2; }
        & > .log--selected { background: $primary-background; }
        & > .log--name-0 { color: $text-primary; }
        & > .log--name-1 { color: $text-success; }
        & > .log--name-2 { color: $text-warning; }
        & > .log--name-3 { color: $text-accent; }
        & > .log--name-4 { color: $text-secondary; }
        & > .log--name-5 { color: $foreground; }
        &:nocolor > .log--error { color: $foreground; text-style: bold; }
        &:nocolor > .log--warning { color: $foreground; }
    }
    LogBar { width: 1; height: 100%; }
    .log--status { height: 1; color: $text-muted; }
    LogPrompt { height: 1; }
}
"""
