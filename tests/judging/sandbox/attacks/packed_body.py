import gzip


def create_app():
    body = gzip.compress(bytes(50 * 1024**2), 9)

    async def application(scope, receive, send):
        if scope["type"] == "http":
            headers = [(b"content-encoding", b"gzip"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return application
