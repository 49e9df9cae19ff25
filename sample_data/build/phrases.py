"""Phrases for the items of the sample: names, places, title patterns, one-line descriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """All phrases in one language. Those of another language are as many, in the same order, so that the same random
    numbers choose the same phrases.

    Attributes:
        groups, courses, shows, films: patterns for the names of series, one for each of the six themes of an interest.
        posts: patterns for the titles of posts.
        models, editions: parts of the names of products.
        hello, challenges, kit, upgrade, course_part, workshop, masterclass, halves, episode, making_of, talk: for the
            other titles.
        texts: kind of item -> patterns for its description.
        everyday: scenario -> title and description of its everyday items.
        tags: tag -> how it is shown; those of interests and themes are in the word bank.
        regions: region -> how it is shown.
        user_columns: names of the columns of the user table after the id.
    """

    teachers: tuple[str, ...]
    places: tuple[str, ...]
    groups: tuple[str, ...]
    courses: tuple[str, ...]
    shows: tuple[str, ...]
    films: tuple[str, ...]
    posts: tuple[str, ...]
    models: tuple[str, ...]
    editions: tuple[str, ...]
    hello: str
    challenges: tuple[str, str]
    kit: tuple[str, str, str, str]
    upgrade: tuple[str, str, str]
    course_part: str
    workshop: str
    masterclass: str
    halves: tuple[str, str]
    episode: str
    making_of: str
    talk: str
    texts: Mapping[str, tuple[str, ...]]
    everyday: Mapping[str, tuple[tuple[str, str], ...]]
    tags: Mapping[str, str]
    regions: Mapping[str, str]
    user_columns: tuple[str, ...]


def names(text: str) -> tuple[str, ...]:
    """The names of a list with commas or enumeration commas."""
    return tuple(name.strip() for name in re.split("[,、]", text.replace("\n", " ")) if name.strip())


ENGLISH = Phrases(
    teachers=names("""
Ines Valdor, Marek Tolvanen, Adaeze Okoro, Liang Suyin, Tomas Brandvold, Yuki Harada, Priya Nandakumar,
Rosa Quillfeather, Emil Castaneda, Noor Haddadin, Saoirse Whelan, Bruno Lachapelle, Hana Mirkova,
Oskar Lindqvarn, Zola Mbatha, Felix Aurich, Camila Restovar, Anton Dragusin, Mina Farahzad, Jonas Ketterle,
Leila Amzallag, Kofi Asantewaa, Petra Holmgard, Davi Souzela, Greta Falkonberg, Ravi Chandrapal,
Elin Storvik, Mateus Almeira, Nadia Beshkova, Theo Marchbanks
"""),
    places=names("""
Brannoch, Eastmere, Lower Vell, Kestrel Bay, Hollin Ford, Marrowgate, Tide End, Old Sarrow, Penwhistle,
Aldermoor, Stonewick, Fennimore, High Calder, Quayside, Rook Hill, Windle Cross, Northlea, Amber Quay,
Thistledown, Larkhaven, Silver Strand, Birch Hollow, Dunmarrow, Greyfield
"""),
    groups=(
        "{place} {theme} Circle",
        "The {theme} Table",
        "Friends of the {image} ({theme})",
        "{theme} People of {place}",
        "Slow {theme} Club",
        "The Unofficial {theme} Room",
    ),
    courses=(
        "{theme} from the Ground Up",
        "The Patient Guide to {theme}",
        "{theme} in Six Evenings",
        "A First Year of {theme}",
        "{theme} with {teacher}",
        "Foundations of {theme}",
    ),
    shows=(
        "The {image} Season",
        "{name} and the {image}",
        "A House Beyond the {image}",
        "The {image} at {place}",
        "Chasing the {image}",
        "{place}: Notes on the {image}",
    ),
    films=(
        "The Last {image}",
        "Letters from the {image}",
        "One Summer, One {image}",
        "The {image} Keepers of {place}",
        "Where the {image} Ends",
        "My Father’s {image}",
    ),
    posts=(
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
    ),
    models=("Heron", "Classic", "Field", "Two-Season", "Everyday", "Ridgeback", "Plain", "Nomad", "Studio", "Harbour"),
    editions=("Signature Edition", "Mark II", "Maker’s Edition", "Long-Life Edition", "Limited Run", "Pro"),
    hello="Say hello: newcomers to {theme} at {group}",
    challenges=("{days} days of {theme}: day one with {guest}", "{days} days of {theme}: what {facet} taught us"),
    kit=("{brand} {model} {main}", "{brand} {first}", "{place} {second}", "Care Kit for {main}"),
    upgrade=("{rival} {main}, {edition}", "{rival} {third}", "{theme} Gift Box: {first} and More"),
    course_part="{course} — Part {part}: {facet}",
    workshop="Weekend Workshop: {theme} in {place}",
    masterclass="Masterclass with {guest}: {facet}, {half} Half",
    halves=("First", "Second"),
    episode="{show}, Episode {part}: {facet}",
    making_of="{film}: Behind the Camera",
    talk="The {theme} Hour: {facet} with {guest}",
    texts={
        "group": (
            "A friendly group about {theme}; this month everybody talks about {facet}.",
            "Where people near {place} share {theme}, questions about {other} welcome.",
            "For everyone who cares about {theme}, from the first day to {facet}.",
        ),
        "hello": (
            "New here? Tell us how you came to {theme} and what you want to try next.",
            "Introduce yourself and pick up tips on {facet}.",
        ),
        "post": (
            "Photos, a few doubts, and a long comment thread on {other}.",
            "An honest report with pictures; the comments drift to {facet}.",
            "Short post, great answers, especially on {other}.",
            "{guest} joins the discussion and explains {facet}.",
            "Bring your own example of {facet} and compare.",
        ),
        "main": (
            "The piece most people start {theme} with; reviewers praise it for {facet}.",
            "Sturdy, repairable and made for {theme}; {teacher} uses it for {other}.",
            "A dependable choice for {facet}, with a ten-year repair promise.",
        ),
        "thing": (
            "Goes well with what you have for {theme}; handy for {facet}.",
            "A small addition that makes {other} easier.",
            "Tested by our customers in {place}, mostly for {facet}.",
        ),
        "care": (
            "Keeps your gear alive through seasons of {theme}.",
            "Everything for upkeep after {facet}, in one tin.",
        ),
        "gift": ("A present for someone who talks about {theme} all day.", "A boxed start into {facet} and {other}."),
        "course": (
            "Short lessons on {facet} with exercises you can do at home.",
            "{teacher} takes {theme} apart slowly; bring questions on {other}.",
            "You will practise {facet} and get feedback from the class.",
            "Builds on what came before and ends with your own work on {other}.",
        ),
        "workshop": (
            "Two days of {theme} in {place}, small group, much {facet}.",
            "Hands-on, with {teacher}: {other}.",
        ),
        "show": (
            "A calm documentary about {theme}; tonight: {facet}.",
            "{guest} travels to {place} and loses a bet over {other}.",
            "Beautifully filmed, and unexpectedly funny about {facet}.",
            "The story turns when {other} goes wrong.",
        ),
        "film": (
            "A quiet film about {theme} and the people of {place}.",
            "{teacher} plays a teacher who gives up everything for {facet}.",
            "Won over audiences with its scenes of {other}.",
        ),
        "talk": ("An hour of talk on {facet} and why it matters.", "{guest} on {other}, failures included."),
    },
    everyday={
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
    },
    tags={
        tag: tag
        for tag in (
            "everyday",
            "social",
            "shop",
            "courses",
            "entertainment",
            "group",
            "thread",
            "post",
            "challenge",
            "photos",
            "gear",
            "essentials",
            "add-on",
            "care",
            "premium",
            "gift",
            "course",
            "beginner",
            "intermediate",
            "workshop",
            "masterclass",
            "advanced",
            "series",
            "documentary",
            "film",
            "making-of",
            "podcast",
        )
    },
    regions={region: region for region in ("Coast", "Hills", "Lakes", "City", "Plains")},
    user_columns=("age_band", "region", "planted interest", "planted interest in 2024"),
)
