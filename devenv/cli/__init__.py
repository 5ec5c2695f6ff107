"""The command line: one file for each verb. main.py exits, render.py prints, nobody else does."""
