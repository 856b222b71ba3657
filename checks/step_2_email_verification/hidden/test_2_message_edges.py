"""Task 2.2 with other data."""

from collections.abc import Mapping
from random import Random

from courseware.checking import Application, Mailbox, Request, check, expect
from step_2_email_verification.tokens import claims_in
from step_2_email_verification.verification import token_in
from users import AUTH, links_in, new_email


@check(
    task="2.2",
    points=1,
    hints=(
        "Register a second account with other data, and read all headers and parts of its message.",
        "Only the address and the link of a message depend on the user.",
        "One template for each form, one sender and one recipient, and the link of this user in both forms.",
    ),
    needs=("message_is_html_and_plain_text", "link_begins_with_the_public_address"),
)
def test_message_is_the_same_for_other_accounts(
    application: Application, mailbox: Mailbox, environment: Mapping[str, str], random: Random
) -> None:
    """An account with a name gets its message in both forms too, from MAIL_FROM, to it alone, with its own token."""
    email = f"o'{new_email(random)}"
    fields = {"email": email, "password": "вісім зн.", "full_name": "Ольга <b>O'Neil</b> & Co"}
    answer = application.send(Request("POST", f"{AUTH}/register", json=fields))
    answer.expect_status(201, key="cannot_register")
    message = mailbox.wait_for(email)
    got = (message.sender, *message.recipients)
    expected = (environment["MAIL_FROM"], email)
    expect(got == expected, "wrong_envelope", asked="sender and recipients", expected=expected, got=got)
    in_text, in_html = links_in(message.text or ""), links_in(message.html or "")
    same = in_text == in_html and len(in_text) == 1
    expect(
        same, "links_differ", asked="the links of both parts", expected="one, the same in both", got=in_text + in_html
    )
    claims = claims_in(token_in(in_text[0]), environment["EMAIL_TOKEN_SECRET"])
    named = claims.optional("sub") == str(answer.identifier("id")) and email in claims.typed(dict).values()
    expect(named, "wrong_claims", asked="the token in the link", expected=f"{email} and the user's id", got=str(claims))
