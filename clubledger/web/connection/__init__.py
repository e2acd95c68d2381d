"""Integration Settings: General Ledger, organisation, changeover."""
