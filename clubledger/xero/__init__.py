"""Talking to Xero: apps, tokens, authorisations, charts, manual journals. The only room that knows HTTP or OAuth."""
