"""One exchange with Xero, as bytes and as values. Private to this room."""
