"""GST check and Balances."""
