"""Task 3.4: when the store fails."""

from courseware.checking import Answer, FaultMode, ImageStore, check, expect
from errors import expect_error
from step_3_file_upload.avatars import SHORT_TIMEOUT, expect_avatar_in_me, expect_shown, upload, upload_of, uploaded
from step_3_file_upload.pictures import COLORS, picture
from users import User

REFUSED = ("refusal_is_told_as_502",)
OLD, NEW = COLORS[0], COLORS[1]


@check(
    task="3.4",
    points=4,
    hints=(
        "Let the store fail. Which status does the client get?",
        "The SDK raises if the store refuses. Neither the client nor your application has made a mistake.",
        'Catch Exception around the upload, log it, and raise BadGateway("upload_failed", ...) from it.',
    ),
    needs=("picture_is_stored",),
)
def test_refusal_is_told_as_502(newcomer: User, image_store: ImageStore) -> None:
    """When the store refuses, the upload answers 502 upload_failed and the old avatar stays, here and in the store."""
    old = uploaded(newcomer, OLD)
    image_store.set_fault(FaultMode.REFUSES)
    expect_failure(upload(newcomer, picture(color=NEW)))
    expect_old_avatar(newcomer, image_store, old)


@check(
    task="3.4",
    points=3,
    hints=(
        "Which exceptions does the SDK raise when the connection breaks?",
        "Not every error of the SDK is an error of Cloudinary: some come from the libraries below it.",
        "Use except Exception, not except cloudinary.exceptions.Error. The answer is the same for all.",
    ),
    needs=REFUSED,
)
def test_broken_connection_is_told_as_502(newcomer: User, image_store: ImageStore) -> None:
    """When the connection to the store breaks, the upload answers 502 upload_failed and the old avatar stays."""
    old = uploaded(newcomer, OLD)
    image_store.set_fault(FaultMode.DROPS)
    expect_failure(upload(newcomer, picture(color=NEW)))
    expect_old_avatar(newcomer, image_store, old)


@check(
    task="3.4",
    points=4,
    hints=(
        "How long does a client wait for a store that does not answer?",
        "The SDK has an option for the timeout. Without it, an upload waits for a minute.",
        "Pass timeout=settings.cloudinary_timeout to the upload, and limit the await with asyncio.timeout(...).",
    ),
    needs=REFUSED,
    environment=SHORT_TIMEOUT,
)
def test_stalling_store_is_given_up(newcomer: User, image_store: ImageStore) -> None:
    """When the store does not answer, the upload answers 502 upload_failed within 10 seconds; the old avatar stays."""
    old = uploaded(newcomer, OLD)
    image_store.set_fault(FaultMode.STALLS)
    request = upload_of(newcomer, picture(color=NEW))
    with newcomer.application.sending(request) as sent:
        expect(
            sent.is_answered(),
            "waits_for_ever",
            asked=f"{request} while the store does not answer",
            expected="an answer within 10 s",
            got="none",
        )
        expect_failure(sent.answer())
    expect_old_avatar(newcomer, image_store, old)


@check(
    task="3.4",
    points=2,
    hints=(
        "The store has recovered. Does the next upload work?",
        "What did the failed upload leave behind: a lock, a session, a flag?",
        "A failed upload must leave no state. The next one starts like the first.",
    ),
    needs=REFUSED,
)
def test_store_is_used_again_when_it_is_well(newcomer: User, image_store: ImageStore) -> None:
    """After failures the next upload works at once, and its image is delivered."""
    for mode in (FaultMode.REFUSES, FaultMode.DROPS):
        image_store.set_fault(mode)
        expect_failure(upload(newcomer, picture(color=OLD)))
    image_store.set_fault(FaultMode.NONE)
    address = uploaded(newcomer, NEW)
    expect_avatar_in_me(newcomer, address, key="new_avatar_not_in_me")
    expect_shown(image_store, address, NEW, asked=f"GET {address}", key="another_picture_shown")


def expect_failure(answer: Answer) -> None:
    expect_error(answer, 502, code="upload_failed", key="failure_not_told")


def expect_old_avatar(user: User, image_store: ImageStore, address: str) -> None:
    """Fails the check unless the avatar is the one before, and still shows the same picture."""
    expect_avatar_in_me(user, address, key="old_avatar_lost")
    expect_shown(image_store, address, OLD, asked=f"GET {address}", key="old_picture_lost")
