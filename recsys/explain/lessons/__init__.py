"""What the lessons on Learn measure on a run: one module for each lesson that needs more than a worked example."""
