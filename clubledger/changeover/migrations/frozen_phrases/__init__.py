"""What 0005 reads kept sentences with: a frozen copy, so that no later change of the product reaches it."""
