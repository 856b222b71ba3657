"""Task 5.5: sessions, in other orders."""

from random import Random

from courseware.checking import Application, check
from step_5_redis_caching.people import Person, expect_revoked, logged_out, refreshed


@check(
    task="5.5",
    points=1,
    hints=(
        "Several sessions of one user go on and end in any order. Which of them is treated like another one?",
        "A session ends by a logout with any of its tokens, or by a second use of one. Then all are refused.",
        "Every token after the first carries the family, and `_ended` asks for claims.family or claims.jti.",
    ),
    needs=("logout_ends_the_session",),
)
def test_sessions_end_one_by_one(application: Application, new_person: Person, random: Random) -> None:
    """Several sessions of one user are refreshed, ended by a logout or by reuse, and do not disturb each other."""
    sessions = [[new_person.tokens()["refresh_token"]] for _ in range(4)]
    ended = []
    for way in random.sample(("logout", "reuse"), 2):
        for tokens in sessions:
            for _ in range(random.randrange(1, 3)):
                tokens.append(refreshed(application, tokens[-1], key="session_ended_by_another")["refresh_token"])
        tokens = sessions.pop(random.randrange(len(sessions)))
        if way == "logout":
            logged_out(application, random.choice(tokens[:-1]))
        else:
            expect_revoked(application, random.choice(tokens[:-1]), key="used_twice")
        ended.append(tokens)
        for token in (token for tokens in ended for token in reversed(tokens)):
            expect_revoked(application, token, key="session_goes_on")
    for tokens in sessions:
        refreshed(application, tokens[-1], key="session_ended_by_another")
