"""Pictures of every page, taken and looked through for faults."""
