"""What has changed below a folder: events say where to look, a scan is the truth."""
