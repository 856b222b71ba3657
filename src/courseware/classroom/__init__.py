"""What an instructor works with: nbgrader, grading, reports, exports and kits."""
