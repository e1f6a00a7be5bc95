from tests.inference.conftest import config, make_config  # noqa: F401, fixtures
