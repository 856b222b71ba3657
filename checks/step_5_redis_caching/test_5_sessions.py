"""Task 5.5: refresh token rotation, reuse and logout."""

import itertools
from datetime import date, timedelta

from courseware.checking import Application, Clock, FaultMode, Redis, check, expect
from errors import expect_error
from step_5_redis_caching.birthdays import IN_HONOLULU, REDIS_SOON_GIVEN_UP, circumstances
from step_5_redis_caching.people import (
    Person,
    expect_revoked,
    logged_out,
    logging_out,
    noon,
    refreshed,
    refreshing,
)
from users import User, me

ONCE = ("refresh_token_works_once",)
OUT = ("logout_ends_the_session",)
RACES = 4
DAY = 24 * 3600
LONGEST = 7 * DAY


def expect_access(application: Application, access_token: str, *, key: str) -> None:
    """Fails the check with `key` unless this access token works."""
    me(application, access_token).expect_status(200, key=key)


@check(
    task="5.5",
    points=2,
    hints=(
        "Send the same refresh token twice. What should the second answer be?",
        "Redis remembers which tokens were used. What names a token?",
        "redis.set(key, value, nx=True, ex=seconds), with claims.jti in the key, says whether the token was new.",
    ),
)
def test_refresh_token_works_once(application: Application, new_person: Person) -> None:
    """A refresh token is exchanged for a new pair that works. The second time it is refused: 401 token_revoked."""
    first = new_person.tokens()
    second = refreshed(application, first["refresh_token"], key="not_refreshed")
    expect_access(application, second["access_token"], key="new_access_token_refused")
    third = refreshed(application, second["refresh_token"], key="new_refresh_token_refused")
    expect_access(application, third["access_token"], key="new_access_token_refused")
    expect_revoked(application, first["refresh_token"], key="used_twice")


@check(
    task="5.5",
    points=2,
    hints=(
        "A token comes a second time. Who has sent it, the user or a thief, and which of the two has the newer token?",
        "Nobody knows. So the session ends for both: all tokens that came from this login are refused.",
        "Note the family as ended when a token was used before, and refuse tokens of an ended family first. "
        "A new token has the family of the old one: issue_tokens(user, family=claims.family or claims.jti).",
    ),
    needs=ONCE,
)
def test_reuse_ends_the_session(application: Application, new_person: Person) -> None:
    """After a refresh token was used twice, all newer tokens of its session are refused: 401 token_revoked."""
    for age in (1, 2, 3):
        tokens = [new_person.tokens()["refresh_token"]]
        for _ in range(age):
            tokens.append(refreshed(application, tokens[-1], key="not_refreshed")["refresh_token"])
        with circumstances("the first token of the session, a second time"):
            expect_revoked(application, tokens[0], key="used_twice")
        with circumstances(f"token {len(tokens)}, the newest of the session, after the first one was used twice"):
            expect_revoked(application, tokens[-1], key="session_survives_reuse")


@check(
    task="5.5",
    points=2,
    hints=(
        "Two requests bring the same token at the same moment. Who is first?",
        "Between a question to Redis and a note in it another request comes in. One command must do both.",
        "redis.set(key, value, nx=True, ex=...) sets the key only if there is none, and says whether it did.",
    ),
    needs=ONCE,
)
def test_one_of_two_at_once_is_refreshed(application: Application, new_person: Person) -> None:
    """Of several requests with one token at the same time, one at most gets new tokens. Then the session ends."""
    for _ in range(RACES):
        token = new_person.tokens()["refresh_token"]
        answers = application.send_at_once([refreshing(token)] * 4)
        winners = [answer for answer in answers if answer.status == 200]
        expect(
            len(winners) <= 1,
            "several_were_refreshed",
            asked=f"{len(answers)} requests {answers[0].request} at once",
            expected="at most one with new tokens",
            got=f"{len(winners)} with new tokens",
        )
        for answer in answers:
            if answer not in winners:
                expect_error(answer, 401, code="token_revoked", key="wrong_refusal")
        for answer in winners:
            token = answer.token("refresh_token", key="not_refreshed")
            expect_revoked(application, token, key="session_survives_a_race")


@check(
    task="5.5",
    points=3,
    hints=(
        "Log out, then refresh with the same token. What should happen?",
        "The token is signed and not expired: only what you noted in Redis can refuse it.",
        "log_out: login_sessions.end(read_token(refresh_token, Purpose.REFRESH)); end notes the session as ended.",
    ),
    needs=ONCE,
)
def test_logout_ends_the_session(application: Application, new_person: Person) -> None:
    """A logout answers 204 without a body, also when it is repeated. Then the token is refused: 401 token_revoked."""
    token = new_person.tokens()["refresh_token"]
    for _ in range(2):
        answer = application.send(logging_out(token)).expect_status(204, key="wrong_logout_status")
        expect(answer.body == b"", "logout_with_a_body", asked=str(answer.request), expected="no body", got=answer.text)
        expect_revoked(application, token, key="refreshed_after_logout")


@check(
    task="5.5",
    points=2,
    hints=(
        "The session has had three refresh tokens by now. With which of them may a user log out?",
        "A logout with any token of the session ends all of them, older and newer ones.",
        "Note the family, which all these tokens share: claims.family or claims.jti.",
    ),
    needs=OUT,
)
def test_logout_ends_all_tokens_of_the_session(application: Application, new_person: Person) -> None:
    """A logout with the newest, a used or the first token of a session ends all its tokens: 401 token_revoked."""
    names = ("first", "second", "newest")
    for chosen, name in enumerate(names):
        tokens = [new_person.tokens()["refresh_token"]]
        for _ in range(2):
            tokens.append(refreshed(application, tokens[-1], key="not_refreshed")["refresh_token"])
        logged_out(application, tokens[chosen])
        for token, sent in zip(reversed(tokens), reversed(names), strict=True):
            with circumstances(f"the {sent} token of the session, after a logout with the {name} one"):
                expect_revoked(application, token, key="session_survives_logout")


@check(
    task="5.5",
    points=2,
    hints=(
        "A user logs out on the phone. What happens to the session on the computer?",
        "Each login is a session of its own. The user has as many as devices.",
        "Note the jti or the family of a token, and never the id of the user.",
    ),
    needs=OUT,
)
def test_other_sessions_go_on(application: Application, new_person: Person, newcomer: User) -> None:
    """After a logout and after a reuse, other sessions of this user work, and so do access tokens until they expire."""
    for end in ("logout", "reuse"):
        ended, other = new_person.tokens(), new_person.tokens()
        if end == "logout":
            logged_out(application, ended["refresh_token"])
        else:
            refreshed(application, ended["refresh_token"], key="not_refreshed")
            expect_revoked(application, ended["refresh_token"], key="used_twice")
        expect_access(application, ended["access_token"], key="access_token_ended")
        expect_access(application, other["access_token"], key="other_session_ended")
        again = refreshed(application, other["refresh_token"], key="other_session_ended")
        refreshed(application, again["refresh_token"], key="other_session_ended")
    expect_access(application, newcomer.token, key="other_user_ended")


@check(
    task="5.5",
    points=1,
    hints=(
        "What may end a session? Send an access token, an old token, and nonsense.",
        "read_token demands the purpose, the key and the time. Does logout use it?",
        "read_token(refresh_token, Purpose.REFRESH) raises Unauthorized, with the right code.",
    ),
    needs=OUT,
)
def test_only_refresh_tokens_are_taken(application: Application, new_person: Person, clock: Clock, today: date) -> None:
    """Refresh and logout refuse nonsense, access tokens and expired refresh tokens with 401 invalid_token."""
    tokens = new_person.tokens()
    wrong = ["nonsense", tokens["access_token"], tokens["refresh_token"][:-8]]
    for request in [way(token) for way in (refreshing, logging_out) for token in wrong]:
        expect_error(application.send(request), 401, code="invalid_token", key="wrong_token_accepted")
    refreshed(application, tokens["refresh_token"], key="session_ended_by_a_wrong_token")
    clock.move(noon(today) + timedelta(days=7, minutes=1))
    for request in (refreshing(tokens["refresh_token"]), logging_out(tokens["refresh_token"])):
        expect_error(application.send(request), 401, code="invalid_token", key="expired_token_accepted")


@check(
    task="5.5",
    points=1,
    hints=(
        "A refresh token lives for 7 days. For how long does your application remember that it is refused?",
        "A session lives as long as its newest token, which may be younger than the one that ends it.",
        "A used token is remembered until claims.exp, and an ended session for LIFETIMES[Purpose.REFRESH].",
    ),
    needs=OUT,
)
def test_ended_session_stays_ended(application: Application, new_person: Person, clock: Clock, today: date) -> None:
    """A token stays refused as long as it lives: after a logout with it, and with an older one of its session."""
    alone, first, reused, spent = (new_person.tokens()["refresh_token"] for _ in range(4))
    logged_out(application, alone)
    refreshed(application, spent, key="not_refreshed")
    clock.move(noon(today) + timedelta(days=4))
    expect_revoked(application, spent, key="forgotten_too_early")
    newer = refreshed(application, first, key="not_refreshed")["refresh_token"]
    logged_out(application, first)
    newest = refreshed(application, reused, key="not_refreshed")["refresh_token"]
    expect_revoked(application, reused, key="used_twice")
    clock.move(noon(today) + timedelta(days=7, minutes=-2))
    expect_revoked(application, alone, key="forgotten_too_early")
    expect_revoked(application, first, key="forgotten_too_early")
    clock.move(noon(today) + timedelta(days=11, minutes=-2))
    for token in (newer, newest):
        expect_revoked(application, token, key="forgotten_too_early")


@check(
    task="5.5",
    points=1,
    hints=(
        "Read the keys of Redis after a logout. Could an attacker log in with them? Do they expire?",
        "The jti names a token as well as the token itself does, and is worth nothing without the signature.",
        "Keys of claims.jti and of the family, each with `ex`; never of the token or of its hash.",
    ),
    needs=OUT,
)
def test_what_is_stored_is_no_token(application: Application, new_person: Person, redis: Redis) -> None:
    """Redis holds no token, all new keys expire within 7 days, and a token with = at its end is refused too."""
    used, ended = (new_person.tokens()["refresh_token"] for _ in range(2))
    refreshed(application, used, key="not_refreshed")
    logged_out(application, ended)
    for token in (used, ended):
        signature = token.rpartition(".")[2]
        found = redis.keys_that_hold(signature)
        expect(not found, "token_stored", asked="the keys and values in Redis", expected="no token", got=str(found))
        answer = application.send(refreshing(f"{token}="))
        expect_error(answer, 401, key="refused_only_as_it_was_written")
    names = redis.keys()
    for name in names:
        left = redis.ttl(name, asked=f"TTL {name}")
        got = "no time to live" if left is None else f"{left:.0f} s"
        right = left is not None and left <= LONGEST + 1
        expect(right, "kept_too_long", asked=f"TTL {name}", expected=f"{LONGEST} s at most", got=got)


@check(
    task="5.5",
    points=2,
    hints=(
        "Redis is down, and a token comes that was logged out. What do you answer?",
        "Whether the token is still good cannot be known. An error says so, and the client comes again later.",
        'except RedisUnavailable: raise Unavailable("unavailable", ...), and nothing is changed before.',
    ),
    needs=OUT,
    environment=REDIS_SOON_GIVEN_UP,
)
def test_sessions_are_not_guessed_without_redis(application: Application, new_person: Person, redis: Redis) -> None:
    """Without Redis, refresh and logout answer 503 unavailable and change nothing. All else goes on."""
    tokens = new_person.tokens()
    for mode in (FaultMode.REFUSES, FaultMode.DROPS, FaultMode.STALLS):
        redis.set_fault(mode)
        # A command that a stalling Redis has received may be carried out later: it gets tokens of its own.
        sent = new_person.tokens() if mode is FaultMode.STALLS else tokens
        for request in (refreshing(sent["refresh_token"]), logging_out(sent["refresh_token"])):
            expect_error(application.send(request), 503, code="unavailable", key="goes_on_without_redis")
        expect_access(application, tokens["access_token"], key="access_token_ended")
    application.send(new_person.account.login).expect_status(200, key="login_needs_redis")
    redis.wait_until_used(lambda: application.send(refreshing(new_person.tokens()["refresh_token"])), asked="a refresh")
    again = refreshed(application, tokens["refresh_token"], key="changed_without_redis")
    refreshed(application, again["refresh_token"], key="changed_without_redis")


@check(
    task="5.5",
    points=1,
    hints=(
        "The application runs in two processes. A token is used in one of them, and again in the other one.",
        "A set in memory belongs to one process, and is empty after a restart.",
        "Keep used tokens and ended sessions in Redis alone.",
    ),
    needs=(*OUT, "reuse_ends_the_session"),
    environment=IN_HONOLULU,
)
def test_processes_share_the_sessions(
    application: Application, second_application: Application, new_person: Person, clock: Clock, today: date
) -> None:
    """A token that was used in one process, and a session that ended in one, are refused in the other."""
    minutes = itertools.count(1)

    def later(process: Application) -> Application:
        """The process a minute later: the clocks of two are not moved at the same moment, so a token could be early."""
        clock.move(noon(today) + timedelta(minutes=next(minutes)))
        return process

    first = new_person.tokens()["refresh_token"]
    second = refreshed(application, first, key="not_refreshed")["refresh_token"]
    third = refreshed(later(second_application), second, key="other_process_refuses")["refresh_token"]
    expect_revoked(later(application), second, key="process_forgets_a_used_token")
    expect_revoked(later(second_application), third, key="process_forgets_an_ended_session")
    token = new_person.tokens()["refresh_token"]
    logged_out(later(second_application), token)
    expect_revoked(later(application), token, key="process_forgets_a_logout")
