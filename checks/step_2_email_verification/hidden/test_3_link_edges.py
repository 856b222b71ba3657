"""Task 2.3 with other data."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, Mailbox, check
from step_1_contacts_crud.contacts import without
from step_2_email_verification.tokens import claims_in, signed
from step_2_email_verification.verification import expect_refused, follow, follow_token, register


@check(
    task="2.3",
    points=1,
    hints=(
        "Decode a valid token, remove or change one claim, and sign it again. Is it accepted?",
        "Require every claim. Each kind of token has a separate key and its own purpose.",
        'options={"require": [...]} names all five claims; the key and the purpose are those of email_verify.',
    ),
    needs=("link_verifies_the_address",),
)
def test_no_claim_may_be_missing(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """A token that lacks a claim, or has another key or purpose than the link's, answers 400."""
    newcomer, key = register(application, mailbox, random), environment["EMAIL_TOKEN_SECRET"]
    claims = claims_in(newcomer.token, key).typed(dict)
    forged = [signed(without(claims, name), key) for name in ("sub", "purpose", "iat", "exp")]
    forged += [
        signed({**claims, "purpose": "refresh"}, key),
        signed(claims, environment["JWT_REFRESH_SECRET"]),
    ]
    for token in forged:
        answer = follow_token(application, token)
        expect_refused(answer, "invalid_token", "wrong_purpose", key="forged_token_accepted")
    follow(application, newcomer.link).expect_status(200, key="link_refused")
