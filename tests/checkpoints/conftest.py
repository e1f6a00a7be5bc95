import pytest
from small_config import small_config


@pytest.fixture
def config():
    return small_config()


@pytest.fixture
def make_config():
    return small_config
