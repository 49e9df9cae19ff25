"""Phrases for the items of the sample: names, places, title patterns, one-line descriptions."""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("\n", " ").split(",") if name.strip())


TEACHERS = _names("""
Ines Valdor, Marek Tolvanen, Adaeze Okoro, Liang Suyin, Tomas Brandvold, Yuki Harada, Priya Nandakumar,
Rosa Quillfeather, Emil Castaneda, Noor Haddadin, Saoirse Whelan, Bruno Lachapelle, Hana Mirkova,
Oskar Lindqvarn, Zola Mbatha, Felix Aurich, Camila Restovar, Anton Dragusin, Mina Farahzad, Jonas Ketterle,
Leila Amzallag, Kofi Asantewaa, Petra Holmgard, Davi Souzela, Greta Falkonberg, Ravi Chandrapal,
Elin Storvik, Mateus Almeira, Nadia Beshkova, Theo Marchbanks
""")
PLACES = _names("""
Brannoch, Eastmere, Lower Vell, Kestrel Bay, Hollin Ford, Marrowgate, Tide End, Old Sarrow, Penwhistle,
Aldermoor, Stonewick, Fennimore, High Calder, Quayside, Rook Hill, Windle Cross, Northlea, Amber Quay,
Thistledown, Larkhaven, Silver Strand, Birch Hollow, Dunmarrow, Greyfield
""")
GROUP_NAMES = (
    "{place} {theme} Circle",
    "The {theme} Table",
    "Friends of the {image} ({theme})",
    "{theme} People of {place}",
    "Slow {theme} Club",
    "The Unofficial {theme} Room",
)
COURSE_NAMES = (
    "{theme} from the Ground Up",
    "The Patient Guide to {theme}",
    "{theme} in Six Evenings",
    "A First Year of {theme}",
    "{theme} with {teacher}",
    "Foundations of {theme}",
)
SHOW_NAMES = (
    "The {image} Season",
    "{name} and the {image}",
    "A House Beyond the {image}",
    "The {image} at {place}",
    "Chasing the {image}",
    "{place}: Notes on the {image}",
)
FILM_NAMES = (
    "The Last {image}",
    "Letters from the {image}",
    "One Summer, One {image}",
    "The {image} Keepers of {place}",
    "Where the {image} Ends",
    "My Father’s {image}",
)
POST_TITLES = (
    "What I learned about {facet} this spring",
    "Does anyone else struggle with {facet}?",
    "My honest first attempt: {facet}",
    "{facet}, before and after",
    "Ask me anything: ten years of {facet}",
    "Five small mistakes with {facet} ({theme})",
    "Greetings from {place}: a day of {facet}",
    "Unpopular opinion on {facet}",
    "Weekly thread on {theme}: {facet}",
    "How {facet} finally made sense to me",
)
MODELS = ("Heron", "Classic", "Field", "Two-Season", "Everyday", "Ridgeback", "Plain", "Nomad", "Studio", "Harbour")
EDITIONS = ("Signature Edition", "Mark II", "Maker’s Edition", "Long-Life Edition", "Limited Run", "Pro")
GROUP_TEXTS = (
    "A friendly group about {theme}; this month everybody talks about {facet}.",
    "Where people near {place} share {theme}, questions about {other} welcome.",
    "For everyone who cares about {theme}, from the first day to {facet}.",
)
HELLO_TEXTS = (
    "New here? Tell us how you came to {theme} and what you want to try next.",
    "Introduce yourself and pick up tips on {facet}.",
)
POST_TEXTS = (
    "Photos, a few doubts, and a long comment thread on {other}.",
    "An honest report with pictures; the comments drift to {facet}.",
    "Short post, great answers, especially on {other}.",
    "{guest} joins the discussion and explains {facet}.",
    "Bring your own example of {facet} and compare.",
)
MAIN_TEXTS = (
    "The piece most people start {theme} with; reviewers praise it for {facet}.",
    "Sturdy, repairable and made for {theme}; {teacher} uses it for {other}.",
    "A dependable choice for {facet}, with a ten-year repair promise.",
)
THING_TEXTS = (
    "Goes well with what you have for {theme}; handy for {facet}.",
    "A small addition that makes {other} easier.",
    "Tested by our customers in {place}, mostly for {facet}.",
)
CARE_TEXTS = ("Keeps your gear alive through seasons of {theme}.", "Everything for upkeep after {facet}, in one tin.")
GIFT_TEXTS = ("A present for someone who talks about {theme} all day.", "A boxed start into {facet} and {other}.")
COURSE_TEXTS = (
    "Short lessons on {facet} with exercises you can do at home.",
    "{teacher} takes {theme} apart slowly; bring questions on {other}.",
    "You will practise {facet} and get feedback from the class.",
    "Builds on what came before and ends with your own work on {other}.",
)
WORKSHOP_TEXTS = ("Two days of {theme} in {place}, small group, much {facet}.", "Hands-on, with {teacher}: {other}.")
SHOW_TEXTS = (
    "A calm documentary about {theme}; tonight: {facet}.",
    "{guest} travels to {place} and loses a bet over {other}.",
    "Beautifully filmed, and unexpectedly funny about {facet}.",
    "The story turns when {other} goes wrong.",
)
FILM_TEXTS = (
    "A quiet film about {theme} and the people of {place}.",
    "{teacher} plays a teacher who gives up everything for {facet}.",
    "Won over audiences with its scenes of {other}.",
)
TALK_TEXTS = ("An hour of talk on {facet} and why it matters.", "{guest} on {other}, failures included.")
EVERYDAY = {
    "social": (
        ("The view from your window", "One photo a day, from everywhere."),
        ("Lost and found in the neighbourhood", "Keys, scarves, cats."),
        ("Weekend plans, the long thread", "What are you up to?"),
        ("Small wins of the week", "Say something good."),
        ("Looking for a flat: mega thread", "Offers, wishes, warnings."),
        ("Jokes that only work on Mondays", "You have been warned."),
        ("Pets doing nothing", "Exactly that."),
        ("The great bus delay thread", "Solidarity in the rain."),
    ),
    "shop": (
        ("Folding Umbrella, Storm Proof", "Survives most Novembers."),
        ("Reusable Water Bottle, 0.7 L", "Steel, dishwasher safe."),
        ("Gift Card, Any Amount", "When you really don’t know."),
        ("Phone Charger with Two Ports", "Charges both of you."),
        ("Cotton Tote, Extra Long Handles", "Carries more than it should."),
        ("Notebook, Dotted, A5", "A hundred and sixty pages."),
        ("Rechargeable Batteries, Eight Pack", "For everything with a battery lid."),
        ("Wool Socks, Three Pairs", "Warm and plain."),
    ),
    "courses": (
        ("Typing Without Looking", "Ten fingers in ten days."),
        ("Sleep Better: A Short Course", "What evidence says, calmly told."),
        ("First Aid Refresher", "The things to do first."),
        ("Spreadsheets Without Fear", "From lists to small models."),
        ("Public Speaking in Small Steps", "A talk of three minutes, then five."),
        ("Managing Money, the Basics", "Budgets, rates, and calm."),
    ),
    "entertainment": (
        ("The Harbour Detectives, Pilot", "A ferry, a will, and nobody on board."),
        ("Quiz Night Live", "Twelve questions, one winner."),
        ("Rain Sounds, Eight Hours", "For sleep or focus."),
        ("The Neighbours Upstairs, Best Of", "A comedy in one stairwell."),
        ("World News in Ten Minutes", "What happened, briefly."),
        ("Cooking Against the Clock, Finale", "Two finalists and one oven."),
        ("Summer Hits, a Playlist", "You know them all."),
        ("Midnight Express to Nowhere", "A thriller on one train."),
    ),
}
