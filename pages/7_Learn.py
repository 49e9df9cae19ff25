"""Learn: one idea, one control, one question at a time. Works before anything is trained, and says so."""

from ui.learn.view import learn, page_title
from ui.shell.frame import open_page

with open_page("learn", *page_title()) as page:
    learn(page)
