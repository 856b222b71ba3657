import tests.contract.names


def test_names() -> None:
    assert tests.contract.names.ANN == "ann@example.com"
