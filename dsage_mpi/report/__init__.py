"""What a run leaves behind: run directory, logs, metrics, progress, figures, exports, digest.

Nothing here knows how results came about; nothing here influences them.
"""
