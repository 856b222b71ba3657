from app.services.users import find_by_email


def test_the_service_has_a_function() -> None:
    assert find_by_email.__name__ == "find_by_email"
