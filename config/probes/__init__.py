"""Looks at what this installation stands on, each within a time of its own, whatever hangs."""
