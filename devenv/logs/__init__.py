"""What services wrote: stored in bounded segments, read, followed, searched and made harmless."""
