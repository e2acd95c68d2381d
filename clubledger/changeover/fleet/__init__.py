"""What the vendor's staff see of all clubs. Reads only."""
