"""The main job, driven in a real browser against everything running."""
