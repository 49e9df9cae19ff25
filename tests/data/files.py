"""Small files in many formats: the corpus of the format tests and the fuzz tests."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping

import pyarrow as pa
from pyarrow import parquet

RATINGS_100K = "196\t242\t3\t881250949\n186\t302\t3\t891717742\n196\t302\t1\t878887116\n244\t51\t2\t880606923\n"
FILMS_100K = (
    "242|Kolya (1996)|24-Jan-1997||http://x|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    "302|L.A. Confidential (1997)|01-Jan-1997||http://x|0|0|0|0|0|0|1|0|0|0|1|0|0|1|0|0|1|0|0\n"
    "51|Légende (1994)|01-Jan-1994||http://x|0|0|0|0|0|0|0|0|1|0|0|0|0|0|1|0|0|1|1\n"
)
PEOPLE_100K = "196|49|M|writer|55105\n186|39|F|executive|00000\n244|28|M|technician|80525\n"
RATINGS_1M = "1::1193::5::978300760\n1::661::3::978302109\n2::1193::5::978298413\n2::3068::4::978299000\n"
FILMS_1M = "1193::Cuckoo's Nest (1975)::Drama\n661::Peach (1996)::Animation|Children's\n3068::Café (1982)::Drama\n"
PEOPLE_1M = "1::F::1::10::48067\n2::M::56::16::70072\n"
RETAIL = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,WHITE HEART,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n"
    '536365,71053,"METAL, LANTERN",6,12/1/2010 8:26,3.39,17850.0,United Kingdom\n'
    "C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527.0,United Kingdom\n"
    "536544,21773,ROSE,1,12/13/2010 14:32,2.51,,United Kingdom\n"
    "536545,85123A,WHITE HEART,1,12/13/2010 14:32,2.51,14527.0,France\n"
    "536545,85123A,WHITE HEART,1,12/13/2010 14:32,2.51,14527.0,France\n"
)
CHINESE = (
    "用户ID,商品ID,评分,时间,商品名称\n张三,苹果手机,5,2020-01-02 10:00:00,苹果\n"
    "李四,香蕉,4,2020/1/3,香蕉\n张三,香蕉,3,2020年1月4日,香蕉\n"
)
GAMES = (
    '151603712,"The Elder Scrolls V Skyrim",purchase,1.0,0\n151603712,"The Elder Scrolls V Skyrim",play,273.0,0\n'
    '151603712,"Fallout 4",purchase,1.0,0\n151603713,"Fallout 4",play,87.0,0\n'
)
LISTENING = "".join(f"{user:040x}\tid{band}\tBand {band}\t{band * 7 + 1}\n" for user in range(4) for band in range(3))
SESSIONS = (
    "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,0\n"
    "2,2014-04-07T13:56:37.614Z,214662742,0\n2,2014-04-07T13:57:19.373Z,214662742,0\n"
)
SEQUENCES = "1 5 7 9\n2 7 9\n3 5 5 9 11 12\n"
REVIEWS = [
    {
        "reviewerID": f"A{i % 3}",
        "asin": f"B00{i % 4}",
        "overall": float(i % 5 + 1),
        "unixReviewTime": 1_400_000_000 + i * 86_400,
        "reviewTime": "06 3, 2014",
        "reviewText": "good, mostly",
    }
    for i in range(12)
]
NEW_REVIEWS = [
    {
        "rating": 5.0,
        "title": f"headline {i}",
        "images": [],
        "asin": f"B{i}",
        "parent_asin": f"P{i % 4}",
        "user_id": f"U{i % 3}",
        "timestamp": 1_588_687_728_923 + i,
        "verified_purchase": True,
    }
    for i in range(12)
]
ATOMIC = (
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "1\t2\t3\t8.8e8\n1\t3\t3\t881250949\n2\t2\t3\t881250950\n"
)
ATOMIC_ITEMS = "item_id:token\tmovie_title:token_seq\tclass:token_seq\n2\tToy Story\tComedy\n3\tHeat\tCrime\n"
SEMICOLON = (
    "Kunde;Artikel;Datum;Bewertung\nMüller;A1;31.12.2020;4,5\nMeier;A2;01.02.2021;3,0\nMeier;A1;05.02.2021;2,5\n"
)


def lines(records: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def parquet_bytes(columns: Mapping[str, object]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(dict(columns)), out)
    return out.getvalue()


def excel_bytes(rows: list[list[object]]) -> bytes:
    """A minimal .xlsx: numbers and inline texts on one sheet."""
    return workbook_bytes({"Data": rows})


def workbook_bytes(sheets: Mapping[str, list[list[object]]]) -> bytes:
    """The same with several sheets."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in numbers
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    return zipped(
        {
            "[Content_Types].xml": f'{head}<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>',
            "_rels/.rels": f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{package}/relationships">{links}'
            "</Relationships>",
            **{
                f"xl/worksheets/sheet{n}.xml": f'{head}<worksheet xmlns="{main}"><sheetData>{_cells(rows)}</sheetData>'
                "</worksheet>"
                for n, rows in zip(numbers, sheets.values(), strict=True)
            },
        }
    )


def _cells(rows: list[list[object]]) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        parts = []
        for column, value in enumerate(row):
            place = f"{chr(65 + column)}{number}"
            if isinstance(value, int | float):
                parts.append(f'<c r="{place}"><v>{value}</v></c>')
            else:
                parts.append(f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(parts)}</row>')
    return "".join(lines)


CORPUS: dict[str, bytes] = {
    "u.data": RATINGS_100K.encode(),
    "ml-100k.zip": zipped(
        {
            "ml-100k/README": "The data, as it is.\n",
            "ml-100k/u.data": RATINGS_100K,
            "ml-100k/u.item": FILMS_100K.encode("latin-1"),
            "ml-100k/u.user": PEOPLE_100K,
            "ml-100k/u.genre": "unknown|0\nAction|1\n",
            "ml-100k/u1.base": RATINGS_100K[:60],
        }
    ),
    "ml-1m.zip": zipped(
        {
            "ml-1m/README": "SUMMARY\n=======\n\nRatings of films.\n",
            "ml-1m/ratings.dat": RATINGS_1M,
            "ml-1m/movies.dat": FILMS_1M.encode("latin-1"),
            "ml-1m/users.dat": PEOPLE_1M,
        }
    ),
    "ratings.dat": RATINGS_1M.encode(),
    "retail.csv": RETAIL.encode(),
    "chinese-gb18030.csv": CHINESE.encode("gb18030"),
    "chinese-utf-8.csv": CHINESE.encode(),
    "chinese-bom.csv": CHINESE.encode("utf-8-sig"),
    "chinese-utf-16.csv": CHINESE.encode("utf-16"),
    "semicolon-latin.csv": SEMICOLON.encode("latin-1"),
    "games.csv": GAMES.encode(),
    "listening.tsv": LISTENING.encode(),
    "sessions.dat": SESSIONS.encode(),
    "sequences.txt": SEQUENCES.encode(),
    "reviews.json": lines(REVIEWS),
    "reviews.json.gz": gzip.compress(lines(REVIEWS), mtime=0),
    "reviews-array.json": json.dumps(REVIEWS).encode(),
    "reviews-python.json": "\n".join(repr(record) for record in REVIEWS).encode(),
    "new-reviews.jsonl": lines(NEW_REVIEWS),
    "atomic.inter": ATOMIC.encode(),
    "atomic.zip": zipped({"x/x.inter": ATOMIC, "x/x.item": ATOMIC_ITEMS}),
    "events.parquet": parquet_bytes(
        {"user_id": [1, 2, 1, None], "item_id": ["a", "b", "c", "a"], "rating": [1.0, 2.0, 3.0, 4.0]}
    ),
    "events.xlsx": excel_bytes(
        [["user", "item", "date"], ["ann", 101, 43831.5], ["bob", 102, 43832.25], ["ann", 102, 43900]]
    ),
    "gz-in.zip": zipped({"x.csv.gz": gzip.compress(b"user,item\na,x\nb,y\n", mtime=0)}),
    "pairs.txt": b"1 5\n1 7\n2 5\n2 9\n",
    "pipe.csv": b"user|item|ts\na|x|1600000000\nb|y|1600000001\n",
    "quoted.csv": b'user,item,title\na,1,"two\nlines"\nb,2,"x"\n',
}
