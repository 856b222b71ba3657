"""Task 2.3: following the link."""

from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, Clock, Mailbox, Request, check
from errors import expect_error
from step_2_email_verification.tokens import signed
from step_2_email_verification.unverified import access_claims
from step_2_email_verification.verification import expect_refused, follow, follow_token, log_in, register
from users import AUTH, CONTACTS, ME, me

VERIFIED = ("link_verifies_the_address",)
DAY = timedelta(hours=24)
MOMENT = timedelta(minutes=2)


@check(
    task="2.3",
    points=4,
    hints=(
        "Copy the link out of the mailbox into your browser. What answers?",
        "Read the token, find its user, note that the address is verified, and make the note last.",
        "claims = read_mailed_token(...), user = await session.get(User, claims.sub), is_verified = True, commit.",
    ),
    needs=("message_with_a_link_arrives",),
)
def test_link_verifies_the_address(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Following the link answers 200 with a message for a person, and from then on the user is verified."""
    newcomer = register(application, mailbox, random)
    answer = follow(application, newcomer.link).expect_status(200, key="link_refused")
    answer.typed(str, "message", key="no_sentence")
    token = log_in(application, newcomer.account)["access_token"]
    me(application, token).expect_value("is_verified", equals=True, key="still_unverified")


@check(
    task="2.3",
    points=2,
    hints=(
        "Mail programs open links before the reader does. Who gets the error then?",
        "What is true already may be said again: the second click changes nothing and is no mistake.",
        "Do not ask whether the user is verified before you verify them; setting True twice does no harm.",
    ),
    needs=VERIFIED,
)
def test_link_may_be_followed_again(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Following the same link a second time answers 200 again."""
    link = register(application, mailbox, random).link
    for _ in range(2):
        follow(application, link).expect_status(200, key="second_click_refused")


@check(
    task="2.3",
    points=2,
    hints=(
        "Break a link in every way that you can think of, and look at the answers.",
        "PyJWT has one exception above all others; what is not a token at all must not end in a 500 either.",
        'Catch jwt.InvalidTokenError and ValueError, and raise BadRequest("invalid_token", ...).',
    ),
)
def test_broken_link_is_invalid(application: Application, random: Random) -> None:
    """A link that is no token, or one that is signed with a key of somebody else's, answers 400 invalid_token."""
    foreign = {**access_claims(random.getrandbits(30), random), "purpose": "email_verify"}
    for broken in ("nonsense", "a.b.c", signed(foreign, f"a key of somebody else's, {random.getrandbits(64):x}")):
        expect_refused(follow_token(application, broken), "invalid_token", key="broken_link_accepted")


@check(
    task="2.3",
    points=2,
    hints=(
        "Take a link out of the mailbox, change one letter of its token, and look at the answer.",
        "PyJWT notices every change, and raises an exception for each kind of damage.",
        'Catch jwt.InvalidTokenError, which stands above all of them, and raise BadRequest("invalid_token", ...).',
    ),
    needs=("message_with_a_link_arrives",),
)
def test_changed_link_is_invalid(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A link that was cut off or changed by one letter answers 400 invalid_token."""
    token = register(application, mailbox, random).token
    head, _, signature = token.rpartition(".")
    place = random.randrange(len(signature) - 2)
    other = "B" if signature[place] == "A" else "A"
    changed = f"{head}.{signature[:place]}{other}{signature[place + 1 :]}"
    for broken in (token[:-9], head, changed):
        expect_refused(follow_token(application, broken), "invalid_token", key="changed_link_accepted")


@check(
    task="2.3",
    points=4,
    hints=(
        "How long may a link in an old mailbox stay dangerous?",
        "The token carries its own end. Whoever follows it too late should hear what to do, not that it is nonsense.",
        'PyJWT raises ExpiredSignatureError: catch it before the more general one, code "expired_token".',
    ),
    needs=VERIFIED,
)
def test_link_works_for_a_day(application: Application, mailbox: Mailbox, clock: Clock, random: Random) -> None:
    """A link works for 24 hours; after that it answers 400 expired_token."""
    noon = datetime(2032, 5, 1, 12, tzinfo=UTC) + timedelta(days=random.randrange(1000))
    clock.move(noon)
    links = [register(application, mailbox, random).link for _ in range(2)]
    clock.move(noon + DAY - MOMENT)
    follow(application, links[0]).expect_status(200, key="expires_too_early")
    clock.move(noon + DAY + MOMENT)
    for link in links:
        expect_refused(follow(application, link), "expired_token", key="expired_link_accepted")


@check(
    task="2.3",
    points=3,
    hints=(
        "You sign several kinds of tokens. What keeps somebody from using one in the place of another?",
        "An access token that comes to this door is no nonsense: it is ours, but for something else.",
        'If another key opens the token, it is "wrong_purpose". Either way nobody is verified by it.',
    ),
    needs=VERIFIED,
)
def test_other_tokens_verify_nothing(application: Application, mailbox: Mailbox, random: Random) -> None:
    """An access or a refresh token in the place of the link's token answers 400 wrong_purpose."""
    newcomer = register(application, mailbox, random)
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    for token in log_in(application, newcomer.account).values():
        expect_refused(follow_token(application, token), "wrong_purpose", key="other_token_accepted")


@check(
    task="2.3",
    points=2,
    hints=(
        "Whoever gets hold of a message: what else can they do with it?",
        "A link may do one thing. As a bearer token or as a refresh token it is worth nothing.",
        "Read each kind of token with the key and the purpose of its own kind, in one function for all.",
    ),
    needs=VERIFIED,
)
def test_mailed_token_opens_nothing_else(application: Application, mailbox: Mailbox, random: Random) -> None:
    """The link's token answers 401 as a bearer token and as a refresh token, before it is followed and after."""
    newcomer = register(application, mailbox, random)
    requests = (
        Request("GET", ME, token=newcomer.token),
        Request("GET", CONTACTS, token=newcomer.token),
        Request("POST", f"{AUTH}/refresh", json={"refresh_token": newcomer.token}),
    )
    for request in requests:
        expect_error(application.send(request), 401, key="mailed_token_accepted")
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    for request in requests:
        expect_error(application.send(request), 401, key="mailed_token_accepted")
