from tests.api.conftest import caller, shop

__all__ = ["caller", "shop"]
