from app.schemas.base import normalize_email


def test_case() -> None:
    assert normalize_email(" Ann@Example.com ") == "ann@example.com"
