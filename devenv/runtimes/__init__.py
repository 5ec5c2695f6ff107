"""The hands: each runtime observes, starts and stops units in one kind of place."""
