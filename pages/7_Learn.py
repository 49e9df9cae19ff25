"""Learn: one idea, one control, one question at a time. Works before anything is trained, and says so."""

from ui import frame
from ui.learn_view import learn

with frame("learn") as studio:
    learn(studio)
