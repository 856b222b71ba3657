"""How the miniature course's checks ask: a helper of step 1, which later steps use too."""

from courseware.checking import Answer, Application, Request


def ask(application: Application, path: str, **query: str) -> Answer:
    """The answer to a GET request. Fails the check unless its status is 200."""
    return application.send(Request("GET", path, query=query)).expect_status(200, key="wrong_status")
