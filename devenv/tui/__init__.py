"""The terminal UI: a view of the daemon's snapshots, and keys that ask the daemon for changes."""
