"""Ten public collections with generated rows, as they are published: names of files, columns, separators, encodings.

`tests.data.layouts` has further releases of some of them.
"""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Mapping

from tests.data import files
from tests.data.layouts import COLLECTIONS, ITEMS, USERS, Collection, events, lines, table

NOON = datetime.datetime(2019, 11, 9, 12, 0, 5)


def _amazon() -> Collection:
    """Amazon Reviews 2023: `Toys_and_Games.jsonl.gz` beside `meta_Toys_and_Games.jsonl.gz`."""
    said = [{"rating": float(r), "title": f"Headline {n}", "text": "So good, really", "images": [], "asin": f"B0{i}{r}",
             "parent_asin": f"B00{i}", "user_id": f"AE{u}", "timestamp": t * 1000 + 5, "helpful_vote": 0,
             "verified_purchase": True} for n, (u, i, r, t) in enumerate(events())]  # fmt: skip
    meta = [{"main_category": "Toys & Games", "title": f"Toy {n}", "average_rating": 4.4, "rating_number": n,
             "features": ["wood"], "description": ["For all"], "price": "9.99", "images": [], "store": f"House {n % 5}",
             "categories": ["Toys & Games", "Puzzles"], "details": {}, "parent_asin": f"B00{n}"}
            for n in range(1, 300)]  # fmt: skip
    return Collection(
        {"meta_Toys.jsonl.gz": gzip.compress(lines(meta)), "Toys.jsonl.gz": gzip.compress(lines(said))},
        "Toys.jsonl.gz", "meta_Toys.jsonl.gz", item="B002", title="Toy 2",
    )  # fmt: skip


def _last_fm() -> Collection:
    """Last.fm 1K: no header; user, time, artist id, artist, track id, track."""
    heard = [(f"user_{u:06d}", f"{NOON + datetime.timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}", f"{i:08x}-art", f"Band {i}",
              f"{i:08x}-tra", f"Song {i}") for n, (u, i, _, _) in enumerate(events())]  # fmt: skip
    who = [(f"user_{n:06d}", "m", 20 + n, "Japan", "Aug 13, 2006") for n in range(1, USERS + 1)]
    return Collection(
        {
            "lastfm-dataset-1K/userid-timestamp-artid-artname-traid-traname.tsv": table(heard, sep="\t"),
            "lastfm-dataset-1K/userid-profile.tsv": table(who, "#id\tgender\tage\tcountry\tregistered", "\t"),
            "lastfm-dataset-1K/README.txt": b"Listening of some users.\n",
        },
        "lastfm-dataset-1K/userid-timestamp-artid-artname-traid-traname.tsv",
    )


def _online_retail() -> Collection:
    """Online Retail II: a workbook with one sheet per period; returns are invoices that begin with C."""
    head = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    rows = [
        [489_434 + n, f"8504{i}", f"LAMP {i}", r, NOON + datetime.timedelta(minutes=n), 2.55, 13_085 + u, "France"]
        for n, (u, i, r, _) in enumerate(events())
    ]
    book = files.workbook_bytes({"Year 2009-2010": [head, *rows[:200]], "Year 2010-2011": [head, *rows[200:]]})
    return Collection({"online_retail_II.xlsx": book}, "online_retail_II.xlsx")


def _mind() -> Collection:
    """MIND: impressions with what was clicked, and the news. The clicks of a history are interactions as well."""
    behaviors, clicks = [], 0
    for user in range(1, USERS + 1):
        history = [f"N{1 + (user * n) % ITEMS}" for n in range(1, 6)]
        clicks += len(history)
        for n in range(8):
            shown = [f"N{1 + (user + n + step) % ITEMS}-{int(step == 1)}" for step in range(4)]
            time = f"{NOON + datetime.timedelta(hours=n):%m/%d/%Y %I:%M:%S %p}".lstrip("0")
            behaviors.append((len(behaviors) + 1, f"U{user}", time, " ".join(history), " ".join(shown)))
            clicks += 1
    news = [(f"N{n}", "lifestyle", "lifestyleroyals", f"News, item {n}", f"About {n}", f"http://x/{n}", "[]", "[]")
            for n in range(1, ITEMS + 1)]  # fmt: skip
    return Collection(
        {"MINDsmall_train/behaviors.tsv": table(behaviors, sep="\t"), "MINDsmall_train/news.tsv": table(news, sep="\t"),
         "MINDsmall_train/entity_embedding.vec": b"Q41\t0.1\t0.2\nQ42\t0.3\t0.4\n"},
        "MINDsmall_train/behaviors.tsv", "MINDsmall_train/news.tsv", rows=clicks, item="N7", title="News, item 7",
    )  # fmt: skip


def _goodreads() -> Collection:
    """Goodreads (UCSD Book Graph): interactions and books as gzipped JSON lines."""
    date = f"{NOON:%a %b %d %H:%M:%S} -0700 {NOON:%Y}"
    read = [{"user_id": f"{u:032x}", "book_id": str(20_000 + i), "review_id": f"{n:032x}", "is_read": True, "rating": r,
             "review_text_incomplete": "", "date_added": date, "date_updated": date, "read_at": "", "started_at": ""}
            for n, (u, i, r, _) in enumerate(events())]  # fmt: skip
    books = [{"isbn": "", "text_reviews_count": "1", "country_code": "US", "language_code": "eng", "title": f"Book {n}",
              "popular_shelves": [{"count": "3", "name": "to-read"}], "average_rating": "4.0", "description": "A book",
              "book_id": str(20_000 + n), "authors": [{"author_id": "7", "role": ""}]}
             for n in range(1, 500)]  # fmt: skip
    return Collection(
        {"goodreads_books_poetry.json.gz": gzip.compress(lines(books)),
         "goodreads_interactions_poetry.json.gz": gzip.compress(lines(read))},
        "goodreads_interactions_poetry.json.gz", "goodreads_books_poetry.json.gz", item="20008", title="Book 8",
    )  # fmt: skip


def _netflix() -> Collection:
    """Netflix Prize: blocks below the number of a film in several files, and titles with commas in Latin-1."""
    blocks: dict[int, list[str]] = {}
    for user, item, rating, time in events():
        day = datetime.datetime.fromtimestamp(time, datetime.UTC)
        blocks.setdefault(item, []).append(f"{1_488_000 + user},{rating},{day:%Y-%m-%d}")
    halves = [[item for item in sorted(blocks) if (item > ITEMS // 2) == upper] for upper in (False, True)]
    texts = ["".join("\n".join((f"{item}:", *blocks[item])) + "\n" for item in half) for half in halves]
    titles = [(n, 1990 + n, f"Film {n}") for n in range(1, 900)]
    return Collection(
        {
            "combined_data_1.txt": texts[0].encode(),
            "combined_data_2.txt": texts[1].encode(),
            "movie_titles.csv": table(titles, encoding="latin-1") + b"901,2003,Adi\xf3s, again\n",
            "probe.txt": b"1:\n1488001\n1488002\n2:\n1488003\n",
            "qualifying.txt": b"1:\n1488001,2005-12-19\n1488004,2005-12-20\n",
            "README": b"SUMMARY\n=======\n",
        },
        "combined_data (2 files)", "movie_titles.csv", item="3", title="Film 3",
    )  # fmt: skip


def _epinions() -> Collection:
    """Epinions (Trustlet): ratings and trust, separated by blanks, without headers."""
    return COLLECTIONS["opinions and trust"]


def _kuairec() -> Collection:
    """KuaiRec: a nearly full matrix beside the large one, captions and features."""
    seen = [(u, 3_000 + i, 4_000 * r, 10_000, f"2020-07-05 00:{n % 60:02d}:43.835", 20_200_705, t + 0.8, r * 0.4)
            for n, (u, i, r, t) in enumerate(events())]  # fmt: skip
    head = "user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio"
    captions = [(3_000 + n, f'"Cover {n}"', f'"Caption, {n}"', "[a]", 8, "Food") for n in range(1, ITEMS + 1)]
    return Collection(
        {
            "KuaiRec/data/big_matrix.csv": table(seen, head),
            "KuaiRec/data/small_matrix.csv": table(seen[:80], head),
            "KuaiRec/data/item_categories.csv": table([(3_000 + n, '"[8, 9]"') for n in range(1, ITEMS + 1)],
                                                      "video_id,feat"),
            "KuaiRec/data/kuairec_caption_category.csv": table(
                captions, "video_id,manual_cover_text,caption,topic_tag,first_level_category_id,"
                "first_level_category_name"),
            "KuaiRec/data/social_network.csv": table([(n, '"[3, 4]"') for n in range(1, 9)], "user_id,friend_list"),
            "KuaiRec/data/user_features.csv": table([(n, "full_active", 0) for n in range(1, USERS + 1)],
                                                    "user_id,user_active_degree,is_lowactive_period"),
        },
        "KuaiRec/data/big_matrix.csv", users="KuaiRec/data/user_features.csv",
    )  # fmt: skip


PUBLISHED: Mapping[str, Collection] = {
    "Amazon reviews": _amazon(),
    "Yelp": COLLECTIONS["places as json"],
    "Last.fm": _last_fm(),
    "Book-Crossing": COLLECTIONS["books as quoted csv"],
    "Online Retail": _online_retail(),
    "MIND news": _mind(),
    "Goodreads": _goodreads(),
    "Netflix Prize": _netflix(),
    "Epinions": _epinions(),
    "KuaiRec": _kuairec(),
}
