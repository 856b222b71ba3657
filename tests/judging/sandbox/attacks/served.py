"""An ASGI application without libraries: a function from the path to a JSON value."""

import json


def served(answer):
    def create_app():
        async def application(scope, receive, send):
            if scope["type"] != "http":
                return
            body = json.dumps(answer(scope["path"])).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

        return application

    return create_app


def outcome(action, *arguments):
    """What became of an attempt: its result, or the name of the error."""
    try:
        return action(*arguments)
    except OSError as error:
        import errno

        return errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        return type(error).__name__
