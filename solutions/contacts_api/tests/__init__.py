"""Tests: `unit` needs no server and no HTTP, `integration` speaks HTTP to the whole application."""
