"""Compose's file format, to the model that Compose itself resolves it to.

``resolve.py`` is the door. Each file is read on its own (``files.py``: variables, includes, short
forms to long ones), laid over the others (``merging.py``), and made whole (``normal.py``).
"""
