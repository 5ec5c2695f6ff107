"""What is faked because the real one does it only on a bad day."""
