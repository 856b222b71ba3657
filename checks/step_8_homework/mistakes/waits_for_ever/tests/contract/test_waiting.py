import asyncio

from tests.contract.conftest import Mailed


async def test_a_message_comes(mailed_tokens: Mailed) -> None:
    while not await mailed_tokens():
        await asyncio.sleep(0.5)
