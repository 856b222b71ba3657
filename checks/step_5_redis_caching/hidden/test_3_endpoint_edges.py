"""Task 5.3: the endpoint and its key, with other users and days."""

from datetime import date, timedelta
from random import Random

from courseware.checking import Application, Clock, Mailbox, Redis, check, expect
from step_5_redis_caching.birthdays import KEYS, born, days_from, expect_listed, listed
from step_5_redis_caching.people import noon, register
from users import me


@check(
    task="5.3",
    points=1,
    hints=(
        "Three users ask on two days. How many keys should there be afterwards?",
        "A key belongs to one user and one day. Compare the keys in Redis with the ids and the dates.",
        'f"birthdays:{user_id}:{today}" with the id of the user who asks and the date of this request.',
    ),
    needs=("answer_is_stored_as_json", "users_have_separate_answers"),
)
def test_each_user_has_a_key_for_each_day(
    application: Application, mailbox: Mailbox, redis: Redis, clock: Clock, today: date, random: Random
) -> None:
    """Several users who ask on several days get their own answers, and each has one key for each day."""
    people = [register(application, mailbox, random) for _ in range(3)]
    contacts = [person.log_in().created(born(today + timedelta(3), random)) for person in people]
    for day in days_from(today, 0, 2):
        clock.move(noon(day))
        before, expected = set(redis.keys(KEYS)), set()
        for person, contact in random.sample(list(zip(people, contacts, strict=True)), len(people)):
            user = person.log_in()
            for _ in range(2):
                answer = listed(user)
                expect_listed(answer, [contact], key="answer_of_another_user")
                answer.expect_value(
                    0, "days_until", equals=(today + timedelta(3) - day).days, key="answer_of_yesterday"
                )
            identifier = me(application, user.token).expect_status(200, key="me_does_not_work").identifier("id")
            expected.add(f"birthdays:{identifier}:{day}")
        got = set(redis.keys(KEYS)) - before
        expect(got == expected, "wrong_keys", asked=f"KEYS, {day}", expected=str(expected), got=str(got))
