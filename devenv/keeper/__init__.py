"""The process holder: keeps an environment's host processes, so that they outlive the daemon.

Standard library only, one thread, no locks. Start with main.py, then keeper.py and holder.py.
"""
