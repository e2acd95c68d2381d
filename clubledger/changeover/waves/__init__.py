"""Many clubs at once: planned, from files, stepped together."""
