"""Services as host processes, each environment's held by a keeper of its own."""
