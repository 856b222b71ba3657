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
        "Open the link from the mailbox in your browser. What is the answer?",
        "Read the token, find its user, set is_verified, and commit.",
        "claims = read_mailed_token(...), user = await session.get(User, claims.sub), is_verified = True, commit.",
    ),
    needs=("message_with_a_link_arrives",),
)
def test_link_verifies_the_address(application: Application, mailbox: Mailbox, random: Random) -> None:
    """Following the link answers 200 with a message, and from then on the user is verified."""
    newcomer = register(application, mailbox, random)
    answer = follow(application, newcomer.link).expect_status(200, key="link_refused")
    answer.typed(str, "message", key="no_sentence")
    token = log_in(application, newcomer.account)["access_token"]
    me(application, token).expect_value("is_verified", equals=True, key="still_unverified")


@check(
    task="2.3",
    points=2,
    hints=(
        "Mail programs open links before the user does. What does the user's own click answer?",
        "The second click changes nothing, and it is not an error.",
        "Do not check is_verified first. Setting it to True a second time changes nothing.",
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
        "Change a link in different ways, and read the answers.",
        "All exceptions of PyJWT have one base class. A text that is not a token must not lead to a 500.",
        'Catch jwt.InvalidTokenError and ValueError, and raise BadRequest("invalid_token", ...).',
    ),
)
def test_broken_link_is_invalid(application: Application, random: Random) -> None:
    """A link without a valid token, or with a token signed by another key, answers 400 invalid_token."""
    foreign = {**access_claims(random.getrandbits(30), random), "purpose": "email_verify"}
    for broken in ("nonsense", "a.b.c", signed(foreign, f"a key of somebody else's, {random.getrandbits(64):x}")):
        expect_refused(follow_token(application, broken), "invalid_token", key="broken_link_accepted")


@check(
    task="2.3",
    points=2,
    hints=(
        "Take a link from the mailbox, change one character of its token, and read the answer.",
        "PyJWT detects every change, and raises a different exception for each kind.",
        'Catch their base class, jwt.InvalidTokenError, and raise BadRequest("invalid_token", ...).',
    ),
    needs=("message_with_a_link_arrives",),
)
def test_changed_link_is_invalid(application: Application, mailbox: Mailbox, random: Random) -> None:
    """A link that was cut off, or changed in one character, answers 400 invalid_token."""
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
        "For how long does your link work? Move the clock by a day and try.",
        "The token contains its expiry time. A user who follows it too late should read that it has expired.",
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
        "Your application signs several kinds of tokens. What prevents the use of one in place of another?",
        "An access token is a valid token of your application, but for another purpose.",
        'If the key of another kind verifies the token, answer "wrong_purpose". It must verify no user.',
    ),
    needs=VERIFIED,
)
def test_other_tokens_verify_nothing(application: Application, mailbox: Mailbox, random: Random) -> None:
    """An access or a refresh token in place of the link's token answers 400 wrong_purpose."""
    newcomer = register(application, mailbox, random)
    follow(application, newcomer.link).expect_status(200, key="link_refused")
    for token in log_in(application, newcomer.account).values():
        expect_refused(follow_token(application, token), "wrong_purpose", key="other_token_accepted")


@check(
    task="2.3",
    points=2,
    hints=(
        "An attacker reads a message. What else can the attacker do with its token?",
        "A link has one purpose. It must not work as a bearer token or as a refresh token.",
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
