"""What people are shown: verdicts and progress, as HTML in notebooks and as text on terminals."""
