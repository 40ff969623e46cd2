"""One child process per job, and everything needed to keep it in hand. ``worker.py`` above it owns the loop."""
