"""What every part of the application leans on."""
