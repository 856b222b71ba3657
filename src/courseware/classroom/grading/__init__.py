"""Grades a class: finds its submissions, judges what is not judged yet, and keeps every verdict."""
