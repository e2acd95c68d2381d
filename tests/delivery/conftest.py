"""A connected club with a mapped chart, and the worked day brought in."""

from tests.fixtures_delivery import ready as ready
from tests.fixtures_xero import connected as connected
from tests.fixtures_xero import xero as xero
