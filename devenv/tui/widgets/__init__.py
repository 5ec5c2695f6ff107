"""The parts of a screen; each draws what pure functions make of a frozen value."""
