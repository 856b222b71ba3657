"""Task 5.4: invalidation, with other changes."""

from datetime import date
from random import Random

from courseware.checking import check
from step_5_redis_caching.birthdays import born, days_from, expect_listed, listed
from users import Contact, User


@check(
    task="5.4",
    points=1,
    hints=(
        "Contacts are created, changed and deleted in any order. After which of these is the list wrong?",
        "Each of the three routes makes the list out of date, also the second time.",
        "Create, update and delete each end with `await birthdays.invalidate(cache, user.id)`.",
    ),
    needs=("second_answer_comes_from_the_cache",),
)
def test_list_follows_any_changes(newcomer: User, today: date, random: Random) -> None:
    """After each of many changes, in any order, the next list is the present one."""
    contacts: dict[object, Contact] = {}
    changes = ["create"] * 3 + ["move", "rename", "delete"] * 3
    for change in ["create", "create", *random.sample(changes, len(changes))]:
        chosen = random.choice(list(contacts)) if contacts else None
        if chosen is None or change == "create":
            contact = newcomer.created(born(random.choice(days_from(today, 0, 3, 6)), random))
            contacts[contact["id"]] = contact
        elif change == "delete":
            newcomer.delete(chosen).expect_success(204, key="not_deleted")
            del contacts[chosen]
        else:
            fields = {"email": f"moved.{random.getrandbits(64):x}@example.com"}
            if change == "move":
                fields["birthday"] = random.choice(days_from(today, 1, 6)).replace(year=1980).isoformat()
            newcomer.change(chosen, fields).expect_success(200, key="not_changed")
            contacts[chosen] = {**contacts[chosen], **fields}
        expect_listed(listed(newcomer), contacts.values(), key="list_is_out_of_date")
