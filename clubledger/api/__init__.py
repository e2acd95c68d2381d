"""Door: REST, for membership and point-of-sale systems."""
