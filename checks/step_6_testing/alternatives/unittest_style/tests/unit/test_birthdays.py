"""When birthdays are celebrated."""

import unittest
from datetime import date

from app.services.birthdays import next_birthdays


class NextBirthdays(unittest.TestCase):
    def assert_found(self, today: date, days: int, key: int, expected: date | None) -> None:
        with self.subTest(today=today, key=key):
            self.assertEqual(next_birthdays(today, days).get(key), expected)

    def test_both_ends(self) -> None:
        today = date(2026, 9, 14)
        self.assert_found(today, 7, 913, None)
        self.assert_found(today, 7, 914, today)
        self.assert_found(today, 7, 921, date(2026, 9, 21))
        self.assert_found(today, 7, 922, None)

    def test_new_year(self) -> None:
        self.assert_found(date(2026, 12, 30), 7, 105, date(2027, 1, 5))
        self.assert_found(date(2026, 12, 30), 7, 1231, date(2026, 12, 31))

    def test_leap_day(self) -> None:
        self.assert_found(date(2026, 2, 25), 7, 229, date(2026, 2, 28))
        self.assert_found(date(2028, 2, 25), 7, 229, date(2028, 2, 29))


if __name__ == "__main__":
    unittest.main()
