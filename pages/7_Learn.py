"""Learn: one idea, one control, one question at a time. Works before anything is trained, and says so."""

from ui.learn.view import learn
from ui.shell.frame import open_page

with open_page("learn") as page:
    learn(page)
