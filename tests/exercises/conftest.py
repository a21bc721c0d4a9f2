"""What the tests of checks share."""

import pytest


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed in a notebook."""
    bundles = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a notebook")
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, raw, metadata: bundles.append(bundle | metadata)
    )
    return bundles
