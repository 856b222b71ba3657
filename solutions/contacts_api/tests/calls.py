"""The calls of the API, for tests that are about all of them."""

DOCUMENTED = {
    ("POST", "/auth/register"): {"201", "409", "413", "422", "429", "503"},
    ("GET", "/auth/verify/{token}"): {"200", "400", "404", "422", "503"},
    ("POST", "/auth/resend-verification"): {"202", "413", "422", "429", "503"},
    ("POST", "/auth/password-reset/request"): {"202", "413", "422", "429", "503"},
    ("POST", "/auth/password-reset/confirm"): {"200", "400", "413", "422", "503"},
    ("POST", "/auth/login"): {"200", "401", "403", "413", "422", "429", "503"},
    ("POST", "/auth/refresh"): {"200", "401", "413", "422", "503"},
    ("POST", "/auth/logout"): {"204", "401", "413", "422", "503"},
    ("GET", "/users/me"): {"200", "401", "503"},
    ("POST", "/users/me/password"): {"204", "401", "403", "413", "422", "503"},
    ("DELETE", "/users/me"): {"204", "401", "403", "413", "422", "502", "503"},
    ("POST", "/users/me/avatar"): {"200", "401", "403", "404", "413", "422", "502", "503"},
    ("GET", "/admin/users"): {"200", "401", "403", "422", "503"},
    ("PATCH", "/admin/users/{user_id}"): {"200", "401", "403", "404", "409", "413", "422", "503"},
    ("GET", "/health"): {"200"},
    ("GET", "/health/ready"): {"200", "503"},
    ("POST", "/contacts"): {"201", "401", "403", "409", "413", "422", "503"},
    ("GET", "/contacts"): {"200", "401", "403", "422", "503"},
    ("GET", "/contacts/birthdays"): {"200", "401", "403", "422", "503"},
    ("GET", "/contacts/{contact_id}"): {"200", "401", "403", "404", "422", "503"},
    ("PATCH", "/contacts/{contact_id}"): {"200", "401", "403", "404", "409", "413", "422", "503"},
    ("DELETE", "/contacts/{contact_id}"): {"204", "401", "403", "404", "422", "503"},
}
"""The statuses that each call documents, by method and path."""

MESSAGE_CALLS = ("/auth/resend-verification", "/auth/password-reset/request")
"""The calls that send a message to an address."""

ALL_RIGHTS = "is_verified = true, role = 'admin'"
"""What the row of a user who may make every call holds, in SQL."""
