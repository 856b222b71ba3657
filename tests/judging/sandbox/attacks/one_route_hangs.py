import asyncio

from served import served


def create_app():
    well = served(lambda path: "well")()

    async def application(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/hang":
            await asyncio.sleep(60)
        await well(scope, receive, send)

    return application
