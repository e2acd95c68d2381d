"""Commands run in process change the program they run in; afterwards it is as before."""

import logging

import pytest

from clubledger.foundation import engine, wake


@pytest.fixture(autouse=True)
def as_before(settings, tmp_path):
    level = logging.getLogger().level
    settings.VAR_DIR = tmp_path / "var"
    engine.queue.cache_clear()
    yield
    wake.use_engine(None)
    engine.queue.cache_clear()
    logging.getLogger().setLevel(level)
