"""The one writer: a per-user daemon that looks, decides and acts, and answers on a socket."""
