"""What keeps the tree in order; nothing here is part of the product."""
