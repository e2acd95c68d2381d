"""Moving clubs from one Xero app to another, with nothing lost or doubled."""
