"""Avatars: how they come in, what they may be, where they are kept."""
