"""What every tool stands on, one idea a file."""
