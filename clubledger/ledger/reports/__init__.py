"""Figures of periods and days, worked out from the rows. Reads only."""
