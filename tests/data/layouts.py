"""The layouts of public data sets with generated rows: names of members, columns, separators, headers."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

USERS, ITEMS, ROWS = 30, 24, 400


@dataclass(frozen=True)
class Collection:
    """Members of a zip, and their roles.

    Attributes:
        interactions, items, users: the member with this role; "" for none.
        rows: interactions that must be read.
        title: the title that the item with id `item` must have; "" where the collection has no titles.
    """

    members: Mapping[str, bytes]
    interactions: str
    items: str = ""
    users: str = ""
    rows: int = ROWS
    item: str = ""
    title: str = ""

    def zipped(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.members.items():
                archive.writestr(name, content)
        return out.getvalue()


def events(count: int = ROWS, seed: int = 0) -> list[tuple[int, int, int, int]]:
    """(user from 1, item from 1, rating 1 … 5, unix time), sorted by user; no pair of user and item repeats."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(USERS * ITEMS)[:count]
    rows = [
        (int(p // ITEMS) + 1, int(p % ITEMS) + 1, int(rng.integers(1, 6)), 1_400_000_000 + 3_600 * n)
        for n, p in enumerate(pairs)
    ]
    return sorted(rows)


def table(rows: Sequence[Sequence[object]], header: str = "", sep: str = ",", encoding: str = "utf-8") -> bytes:
    lines = ([header] if header else []) + [sep.join(str(cell) for cell in row) for row in rows]
    return ("\n".join(lines) + "\n").encode(encoding)


def quoted(rows: Sequence[Sequence[object]], header: str) -> bytes:
    """Semicolons and quotes around everything, in Latin-1."""
    lines = [header, *(";".join(f'"{cell}"' for cell in row) for row in rows)]
    return "\n".join(lines).encode("latin-1")


def lines(records: Sequence[Mapping[str, object]]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def day(n: int) -> str:
    return f"2019-{1 + n % 12:02d}-{1 + n % 28:02d}"


def _books_dat(header: bool, described: bool = True) -> Collection:
    """Far more books and readers are described than read, so that the descriptions are the largest file."""
    books = [(n, f"0{n:09d}", f"Title {n}", f"Writer {n % 7}", 1990 + n % 9, f"House {n % 3}", f"http://x/{n}.jpg" * 4)
             for n in range(1, 4_000)]  # fmt: skip
    head = "Book_ID\tISBN\tBook-Title\tBook-Author\tYear-Of-Publication\tPublisher\tImage-URL-S"
    rated = [(user, item, rating) for user, item, rating, _ in events()]
    read = [(user, item, 1) for user, item, _, _ in events(300, seed=1)]
    return Collection(
        {
            "book/users_info.dat": table([(n, f"city {n % 5}", 20 + n % 40) for n in range(1, 90)],
                                         "User-ID\tLocation\tAge" if described else "", "\t"),
            "book/items_info.dat": table(books, head if described else "", "\t"),
            "book/book_history.dat": table(read, "user\titem\trating" if header else "", "\t"),
            "book/book_ratings.dat": table(rated, "user\titem\trating" if header else "", "\t"),
        },
        "book/book_ratings.dat", "book/items_info.dat", "book/users_info.dat",
        item="3", title="Title 3" if described else "",
    )  # fmt: skip


def _books_csv() -> Collection:
    isbn = [f"{195153448 + n:010d}" for n in range(ITEMS + 1)]
    return Collection(
        {
            "BX-Users.csv": quoted([(n, f"Zürich {n}", 20 + n) for n in range(1, 300)], '"User-ID";"Location";"Age"'),
            "BX-Books.csv": quoted([(isbn[n], f"Títle {n}", "W", 1999, "P", "u", "v", "w")
                                    for n in range(1, ITEMS + 1)],
                                   '"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher";"Image-URL-S";'
                                   '"Image-URL-M";"Image-URL-L"'),
            "BX-Book-Ratings.csv": quoted([(u, isbn[i], r * 2) for u, i, r, _ in events()],
                                          '"User-ID";"ISBN";"Book-Rating"'),
        },
        "BX-Book-Ratings.csv", "BX-Books.csv", "BX-Users.csv", item=isbn[4], title="Títle 4",
    )  # fmt: skip


def _music() -> Collection:
    friends = [(u, 1 + (u + n) % USERS) for u in range(1, USERS + 1) for n in range(1, 9)]
    tagged = [(u, i, 1 + (u + i) % 9, 1, 4, 2009) for u, i, _, _ in events(600, seed=2)]
    stamped = [(u, i, 1 + (u + i) % 9, (t + 7) * 1000) for u, i, _, t in events(600, seed=2)]
    return Collection(
        {
            "artists.dat": table([(n, f"Band {n}", f"http://m/{n}", f"http://p/{n}") for n in range(1, ITEMS + 1)],
                                 "id\tname\turl\tpictureURL", "\t"),
            "tags.dat": table([(n, f"tag {n}") for n in range(1, 10)], "tagID\ttagValue", "\t"),
            "user_artists.dat": table([(u, i, r * 137) for u, i, r, _ in events()], "userID\tartistID\tweight", "\t"),
            "user_friends.dat": table(friends, "userID\tfriendID", "\t"),
            "user_taggedartists.dat": table(tagged, "userID\tartistID\ttagID\tday\tmonth\tyear", "\t"),
            "user_taggedartists-timestamps.dat": table(stamped, "userID\tartistID\ttagID\ttimestamp", "\t"),
            "readme.txt": b"Listening of some users.\n\nSee the site.\n",
        },
        "user_artists.dat", "artists.dat", item="7", title="Band 7",
    )  # fmt: skip


def _films_hetrec() -> Collection:
    actors = [
        (m, f"actor_{(m + n) % 40}", f"Actor {(m + n) % 40}", n + 1) for m in range(1, ITEMS + 1) for n in range(30)
    ]
    dated = [(u, i, r, 1, 2, 2005, 10, 11, 12) for u, i, r, _ in events()]
    return Collection(
        {
            "movies.dat": table([(n, f"Film {n}", 100 + n, f"Película {n}", 1990) for n in range(1, ITEMS + 1)],
                                "id\ttitle\timdbID\tspanishTitle\tyear", "\t", "latin-1"),
            "movie_actors.dat": table(actors, "movieID\tactorID\tactorName\tranking", "\t"),
            "movie_genres.dat": table([(n, g) for n in range(1, ITEMS + 1) for g in ("Drama", "War")],
                                      "movieID\tgenre", "\t"),
            "user_ratedmovies.dat": table(dated, "userID\tmovieID\trating\tdate_day\tdate_month\tdate_year\tdate_hour\t"
                                          "date_minute\tdate_second", "\t"),
            "user_ratedmovies-timestamps.dat": table([(u, i, r, t * 1000) for u, i, r, t in events()],
                                                     "userID\tmovieID\trating\ttimestamp", "\t"),
            "user_taggedmovies-timestamps.dat": table([(u, i, 5, t * 1000) for u, i, _, t in events(500, seed=3)],
                                                      "userID\tmovieID\ttagID\ttimestamp", "\t"),
        },
        "user_ratedmovies-timestamps.dat", "movies.dat", item="9", title="Film 9",
    )  # fmt: skip


def _films_csv() -> Collection:
    return Collection(
        {
            "ml/links.csv": table([(n, 114709 + n, 862 + n) for n in range(1, 3_000)], "movieId,imdbId,tmdbId"),
            "ml/movies.csv": table([(n, f'"Film {n}, The (1995)"', "Comedy|Drama") for n in range(1, 3_000)],
                                   "movieId,title,genres"),
            "ml/ratings.csv": table(events(), "userId,movieId,rating,timestamp"),
            "ml/tags.csv": table([(u, i, "funny", t) for u, i, _, t in events(600, seed=4)],
                                 "userId,movieId,tag,timestamp"),
            "ml/genome-scores.csv": table([(m, t, 0.1) for m in range(1, 60) for t in range(1, 60)],
                                          "movieId,tagId,relevance"),
            "ml/README.txt": b"Summary\n=======\n",
        },
        "ml/ratings.csv", "ml/movies.csv", item="5", title="Film 5, The (1995)",
    )  # fmt: skip


def _goodbooks() -> Collection:
    books = [(n, 2_000_000 + n * 7, 3_000_000 + n, f"Writer {n % 5}", f"Book {n}", 4.1) for n in range(1, 600)]
    return Collection(
        {
            "books.csv": table(books, "id,book_id,work_id,authors,title,average_rating"),
            "ratings.csv": table([(i, u, r) for u, i, r, _ in events()], "book_id,user_id,rating"),
            "book_tags.csv": table([(2_000_007 + 7 * (n % 99), n % 30, n) for n in range(2_000)],
                                   "goodreads_book_id,tag_id,count"),
            "tags.csv": table([(n, f"tag-{n}") for n in range(30)], "tag_id,tag_name"),
            "to_read.csv": table([(u, i) for u, i, _, _ in events(200, seed=5)], "user_id,book_id"),
        },
        "ratings.csv", "books.csv", item="8", title="Book 8",
    )  # fmt: skip


def _shop_events() -> Collection:
    seen = [(t * 1000, u + 250_000, ("view", "addtocart")[r > 4], i + 460_000, "") for u, i, r, t in events()]
    parts = [(t * 1000, 460_000 + n % 400, n % 20, f"n{n}.000 {n}") for n, (_, _, _, t) in enumerate(events(700) * 6)]
    return Collection(
        {
            "category_tree.csv": table([(n, n % 9) for n in range(200)], "categoryid,parentid"),
            "item_properties_part1.csv": table(parts, "timestamp,itemid,property,value"),
            "events.csv": table(seen, "timestamp,visitorid,event,itemid,transactionid"),
        },
        "events.csv",
    )  # fmt: skip


def _fashion() -> Collection:
    who = [f"{n:064x}" for n in range(900)]
    goods = [(f"{108775000 + n:010d}", 108775, f"Top {n}", "Vest", "Garment", f"Jersey, {n}") for n in range(1, 700)]
    return Collection(
        {
            "articles.csv": "\n".join(["article_id,product_code,prod_name,product_type_name,product_group_name,"
                                       "detail_desc", *(",".join(f'"{c}"' for c in row) for row in goods)]).encode(),
            "customers.csv": table([(w, 1, "ACTIVE", 20 + n % 50, w[::-1]) for n, w in enumerate(who)],
                                   "customer_id,FN,club_member_status,age,postal_code"),
            "sample_submission.csv": table([(w, "0706016001 0706016002") for w in who], "customer_id,prediction"),
            "transactions_train.csv": table([(day(n), who[u], f"{108775000 + i:010d}", 0.05, 2)
                                             for n, (u, i, _, _) in enumerate(events())],
                                            "t_dat,customer_id,article_id,price,sales_channel_id"),
        },
        "transactions_train.csv", "articles.csv", "customers.csv", item="0108775006", title="Top 6",
    )  # fmt: skip


def _places_json() -> Collection:
    visits = [{"review_id": f"r{n}", "user_id": f"u{u}", "business_id": f"b{i}", "stars": float(r), "useful": 0,
               "text": "Nice, really", "date": f"{day(n)} 10:00:00"}
              for n, (u, i, r, _) in enumerate(events())]  # fmt: skip
    places = [{"business_id": f"b{n}", "name": f"Café {n}", "city": "X", "stars": 3.5, "review_count": 4,
               "categories": "Tea, Food", "hours": None} for n in range(1, 500)]  # fmt: skip
    accounts = [{"user_id": f"u{n}", "name": "Ann", "review_count": n, "yelping_since": day(n), "friends": "u1, u2"}
              for n in range(1, 500)]  # fmt: skip
    return Collection(
        {
            "yelp/yelp_academic_dataset_business.json": lines(places),
            "yelp/yelp_academic_dataset_user.json": lines(accounts),
            "yelp/yelp_academic_dataset_review.json": lines(visits),
            "yelp/yelp_academic_dataset_checkin.json": lines(
                [{"business_id": f"b{n}", "date": "2016-04-26 19:49:16, 2016-08-30 18:36:57"} for n in range(1, 400)]
            ),
        },
        "yelp/yelp_academic_dataset_review.json", "yelp/yelp_academic_dataset_business.json",
        "yelp/yelp_academic_dataset_user.json", item="b3", title="Café 3",
    )  # fmt: skip


def _reviews_and_meta() -> Collection:
    said = [{"overall": float(r), "reviewTime": "09 13, 2009", "reviewerID": f"A{u}", "asin": f"B{i}",
             "reviewerName": "x", "summary": "s", "unixReviewTime": t} for u, i, r, t in events()]  # fmt: skip
    meta = [{"category": ["Toys"], "title": f"Toy {n}", "brand": f"Brand {n % 9}", "asin": f"B{n}", "price": "$1"}
            for n in range(1, 900)]  # fmt: skip
    return Collection(
        {"meta_Toys.json.gz": gzip.compress(lines(meta)), "Toys.json.gz": gzip.compress(lines(said))},
        "Toys.json.gz", "meta_Toys.json.gz", item="B2", title="Toy 2",
    )  # fmt: skip


def _opinions() -> Collection:
    trust = [(u, 1 + (u * n) % USERS, 1) for u in range(1, USERS + 1) for n in range(1, 25)]
    return Collection(
        {
            "trust_data.txt": table(trust, sep=" "),
            "ratings_data.txt": table([row[:3] for row in events()], sep=" "),
        },
        "ratings_data.txt",
    )


def _checkins() -> Collection:
    moves = [(u, f"2010-10-{1 + n % 28:02d}T22:10:07Z", f"30.23{n}", f"-97.79{n}", 22_000 + i)
             for n, (u, i, _, _) in enumerate(events())]  # fmt: skip
    edges = [(u, (u + n) % 900) for u in range(900) for n in range(1, 12)]
    return Collection(
        {"edges.txt": table(edges, sep="\t"), "totalCheckins.txt": table(moves, sep="\t")}, "totalCheckins.txt"
    )


def _anime() -> Collection:
    shows = [(n, f"Show {n}", '"Drama, School"', "TV", 12, 8.1, 1000 + n) for n in range(1, 2_000)]
    return Collection(
        {
            "anime.csv": table(shows, "anime_id,name,genre,type,episodes,rating,members"),
            "rating.csv": table([(u, i, r) for u, i, r, _ in events()], "user_id,anime_id,rating"),
        },
        "rating.csv", "anime.csv", item="6", title="Show 6",
    )  # fmt: skip


def _recipes() -> Collection:
    said = [(u, i, day(n), r, "Good") for n, (u, i, r, _) in enumerate(events())]
    parts = [(u, i, day(n), r, u - 1, i - 1) for n, (u, i, r, _) in enumerate(events(120))]
    meals = [(f"meal {n}", n, 30, n % 40, day(n), "\"['easy', 'fast']\"", "Stir") for n in range(1, 900)]
    return Collection(
        {
            "RAW_recipes.csv": table(meals, "name,id,minutes,contributor_id,submitted,tags,steps"),
            "interactions_train.csv": table(parts, "user_id,recipe_id,date,rating,u,i"),
            "interactions_test.csv": table(parts[:40], "user_id,recipe_id,date,rating,u,i"),
            "RAW_interactions.csv": table(said, "user_id,recipe_id,date,rating,review"),
        },
        "RAW_interactions.csv", "RAW_recipes.csv", item="4", title="meal 4",
    )  # fmt: skip


def _sessions() -> Collection:
    seen = [(u, f"2014-04-07T10:{n % 60:02d}:09.277Z", 214_000_000 + i, 0) for n, (u, i, _, _) in enumerate(events())]
    sold = [(u, f"2014-04-07T11:{n % 60:02d}:09.277Z", 214_000_000 + i, 1_000 + n, 1 + n % 3)
            for n, (u, i, _, _) in enumerate(events(60))]  # fmt: skip
    return Collection(
        {
            "yoochoose-buys.dat": table(sold),
            "yoochoose-clicks.dat": table(seen),
            "yoochoose-test.dat": table(seen[:90]),
            "dataset-README.txt": b"The clicks, the buys.\n",
        },
        "yoochoose-clicks.dat",
    )


COLLECTIONS = {
    "books with headers": _books_dat(header=True),
    "books without headers": _books_dat(header=False),
    "books without any header": _books_dat(header=False, described=False),
    "books as quoted csv": _books_csv(),
    "listening with friends and tags": _music(),
    "films with actors and tags": _films_hetrec(),
    "films as csv": _films_csv(),
    "books under two ids": _goodbooks(),
    "shop events with item properties": _shop_events(),
    "fashion": _fashion(),
    "places as json": _places_json(),
    "reviews beside metadata": _reviews_and_meta(),
    "opinions and trust": _opinions(),
    "check-ins and friends": _checkins(),
    "anime": _anime(),
    "recipes with splits": _recipes(),
    "clicks and buys": _sessions(),
}
