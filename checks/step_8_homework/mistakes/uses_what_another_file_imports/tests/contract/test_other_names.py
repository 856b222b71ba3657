import tests.contract
from tests.contract.conftest import People


async def test_ann(people: People) -> None:
    assert (await people(tests.contract.names.ANN)).email == "ann@example.com"
