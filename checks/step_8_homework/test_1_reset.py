"""Task 8.1: a lost password is reset with a token from the mailbox."""

from datetime import UTC, datetime, timedelta
from random import Random

from courseware.checking import Application, Clock, FaultMode, Mailbox, check, expect
from errors import expect_error
from step_2_email_verification.verification import expect_messages
from step_2_email_verification.verification import register as register_unverified
from step_4_rate_limiting.limits import LIMITS_ON, MovedClock, NewClient, admitted, refused
from step_8_homework.accounts import (
    Member,
    confirmed,
    confirming,
    expect_no_password,
    expect_password,
    expect_refused_token,
    expect_session_ended,
    expect_session_goes_on,
    new_password,
    requesting,
    reset_token,
)
from users import AUTH, me, new_email

SENT = ("reset_token_arrives",)
SET = ("reset_sets_the_password",)
RACES = 3
PER_MINUTE = PER_HOUR = 3


@check(
    task="8.1",
    points=3,
    hints=(
        "Request a token for your own account. Look into the Mailbox: did a message come, and what is in it?",
        "The endpoint finds the user by address, and the mailer renders the template with a new token.",
        "mailer.send_password_reset(user) starts a delivery of the template `password_reset` with `token` and `link`.",
    ),
)
def test_reset_token_arrives(mailbox: Mailbox, ann: Member) -> None:
    """A request answers 202, and one message to this address has a token, the same in text and HTML."""
    first, second = (reset_token(ann, mailbox) for _ in range(2))
    expect(first != second, "same_token", asked="two requests", expected="two tokens", got="the same one twice")


@check(
    task="8.1",
    points=4,
    hints=(
        "Confirm with the token, then log in with both passwords. Which one works?",
        "The new hash must be stored: is there a commit after the change?",
        "update(User).where(User.id == ...).values(password_hash=await hash_password(password)), then commit.",
    ),
    needs=SENT,
)
def test_reset_sets_the_password(application: Application, mailbox: Mailbox, random: Random, ann: Member) -> None:
    """A confirmation answers 200 with a message. Then the new password logs in, and the old one does not."""
    new = new_password(random)
    confirmed(application, reset_token(ann, mailbox), new).typed(str, "message", key="no_words")
    expect_no_password(application, ann.account, key="old_password_works")
    expect_password(application, ann.with_password(new), key="new_password_refused")


@check(
    task="8.1",
    points=3,
    hints=(
        "Use the same token twice. Then request two tokens, use one, and try the other one.",
        "The token says nothing that changes when it is used. What changes in the row of the user?",
        "Compare claims.fingerprint with user.fingerprint, which is another one after the new hash.",
    ),
    needs=SET,
)
def test_reset_token_works_once(application: Application, mailbox: Mailbox, random: Random, ann: Member) -> None:
    """After a reset, this token and each earlier one of the account are refused: 400 invalid_token."""
    earlier, used = reset_token(ann, mailbox), reset_token(ann, mailbox)
    new = new_password(random)
    confirmed(application, used, new)
    for token in (used, earlier):
        expect_refused_token(application, token, new_password(random), code="invalid_token", key="used_twice")
    expect_password(application, ann.with_password(new), key="new_password_refused")


@check(
    task="8.1",
    points=3,
    hints=(
        "Whoever resets a password may do it because of a thief. What can the thief still do with their tokens?",
        "Access tokens and refresh tokens must say which password they belong to.",
        "issue_tokens adds fingerprint=user.fingerprint, and find_by_claims compares it with the row.",
    ),
    needs=SET,
)
def test_reset_ends_all_sessions(
    application: Application, mailbox: Mailbox, random: Random, ann: Member, bob: Member
) -> None:
    """After a reset, access and refresh tokens from before are refused with 401. Other users go on."""
    other = expect_password(application, ann.account, key="cannot_log_in")
    new = new_password(random)
    confirmed(application, reset_token(ann, mailbox), new)
    for tokens in (ann.tokens, other):
        expect_session_ended(application, tokens, key="session_goes_on")
    tokens = expect_password(application, ann.with_password(new), key="new_password_refused")
    expect_session_goes_on(application, tokens, key="new_session_refused")
    expect_session_goes_on(application, bob.tokens, key="other_user_ended")


@check(
    task="8.1",
    points=2,
    hints=(
        "Which tokens does your application send in messages? Try each of them here.",
        "A link for a verification lives for 24 hours. It must not set a password.",
        "read_mailed_token(token, Purpose.PASSWORD_RESET) compares purpose, key and time, and raises the right codes.",
    ),
    needs=SET,
)
def test_only_reset_tokens_set_a_password(
    application: Application, mailbox: Mailbox, random: Random, ann: Member
) -> None:
    """A verification token is refused with wrong_purpose, other texts with 400. A reset token opens nothing else."""
    newcomer = register_unverified(application, mailbox, random)
    new = new_password(random)
    expect_refused_token(application, newcomer.token, new, code="wrong_purpose", key="other_purpose_accepted")
    token = reset_token(ann, mailbox)
    for text in ("nonsense", token[:-6], ""):
        expect_refused_token(application, text, new, code="invalid_token", key="wrong_token_accepted")
    expect_error(application.send(confirming(ann.token, new)), 400, key="access_token_accepted")
    expect_password(application, ann.account, key="password_changed")
    expect_error(me(application, token), 401, key="reset_token_opens_more")


@check(
    task="8.1",
    points=2,
    hints=(
        "Confirm 29 minutes after the request, and 31 minutes after another one.",
        "LIFETIMES knows how long each purpose lives. Who compares it with the clock?",
        "create_token(user.id, Purpose.PASSWORD_RESET, ...) sets `exp`, and read_mailed_token refuses expired tokens.",
    ),
    needs=SET,
)
def test_reset_token_expires(
    application: Application, mailbox: Mailbox, random: Random, clock: Clock, ann: Member, bob: Member
) -> None:
    """A token works 29 minutes after it was sent. After 31 minutes it is refused: 400 expired_token."""
    early, late = reset_token(ann, mailbox), reset_token(bob, mailbox)
    now = datetime.now(UTC)
    clock.move(now + timedelta(minutes=29))
    confirmed(application, early, new_password(random), key="expires_too_early")
    clock.move(now + timedelta(minutes=31))
    expect_refused_token(application, late, new_password(random), code="expired_token", key="expires_too_late")
    expect_password(application, bob.account, key="password_changed")


@check(
    task="8.1",
    points=2,
    hints=(
        "Request tokens for addresses with and without an account, and compare the two answers letter by letter.",
        "A client that may see a difference can ask for every address in the world.",
        "The same status and the same Message in every case: the `if` decides about the message alone.",
    ),
    needs=SENT,
)
def test_reset_tells_nothing_about_accounts(
    application: Application, mailbox: Mailbox, random: Random, ann: Member
) -> None:
    """The answer is the same for an unknown address, which gets no message. The case of the address does not matter."""
    known = application.send(requesting(ann.account.email.upper())).expect_status(202, key="not_requested")
    address = new_email(random)
    unknown = application.send(requesting(address)).expect_status(202, key="unknown_address_told")
    unknown.expect_same_json(known, key="unknown_address_told")
    mailbox.wait_for(ann.account.email, after=1, key="case_matters")
    expect_messages(application, mailbox, random, address, 0, key="message_to_a_stranger")


@check(
    task="8.1",
    points=2,
    hints=(
        "Switch the limits on and request four tokens within a minute.",
        "One limit is for the client and one for the account. Who reads the account from the body?",
        "dependencies=[Depends(limit_password_reset)] on the route of the request.",
    ),
    needs=SENT,
    environment=LIMITS_ON,
)
def test_reset_requests_are_limited(
    application: Application, clock: Clock, new_client: NewClient, random: Random
) -> None:
    """A client gets 3 requests in a minute, an account 3 in an hour from all clients. The next one is 429."""
    MovedClock(clock)
    client = new_client()
    for _ in range(PER_MINUTE):
        admitted(application, requesting(new_email(random), client), 202)
    refused(application, requesting(new_email(random), client), key="client_not_limited")
    email = new_email(random)
    for _ in range(PER_HOUR):
        admitted(application, requesting(email, new_client()), 202)
    refused(application, requesting(email.upper(), new_client()), key="account_not_limited")


@check(
    task="8.1",
    points=1,
    hints=(
        "Stop the mail server and request a token. What does the client see?",
        "The message is sent in the background, so its failure reaches only the log.",
        "send_password_reset hands a coroutine to self._start, as send_verification does.",
    ),
    needs=SENT,
)
def test_reset_does_not_wait_for_the_mail_server(application: Application, mailbox: Mailbox, ann: Member) -> None:
    """While the mail server refuses connections, a request is answered with 202."""
    mailbox.set_fault(FaultMode.REFUSES)
    application.send(requesting(ann.account.email)).expect_status(202, key="mail_server_breaks_it")


@check(
    task="8.1",
    points=1,
    hints=(
        "Two requests bring the same token at the same moment, with two passwords. Both read the same row.",
        "Hashing takes a while. What has happened to the row when the hash is finished?",
        "Put the old hash into the WHERE clause of the UPDATE, and refuse when it changes no row.",
    ),
    needs=("reset_token_works_once",),
)
def test_one_of_two_resets_wins(application: Application, mailbox: Mailbox, random: Random, ann: Member) -> None:
    """Of several confirmations with one token at the same time, one is answered 200, and its password is stored."""
    account = ann.account
    for _ in range(RACES):
        token = reset_token(ann, mailbox)
        passwords = [new_password(random) for _ in range(4)]
        answers = application.send_at_once([confirming(token, password) for password in passwords])
        winners = [password for answer, password in zip(answers, passwords, strict=True) if answer.status == 200]
        expect(
            len(winners) == 1,
            "several_resets",
            asked=f"{len(answers)} confirmations at once, POST {AUTH}/password-reset/confirm",
            expected="one with 200",
            got=", ".join(str(answer.status) for answer in answers),
        )
        account = ann.with_password(winners[0])
        expect_password(application, account, key="loser_is_stored")
