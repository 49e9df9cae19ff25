"""Usual names of columns: role -> names, in several languages, compared without case, blanks and punctuation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_WORDS = {
    "user_id": """
        userid user uid customerid customer visitorid visitor reviewerid reviewer personid person memberid
        member playerid player listener readerid studentid student learnerid clientid client accountid account
        profileid username useridx userno usernumber buyerid subscriberid msno deviceid cookieid steamid
        nutzer nutzerid kunde kundennr kundennummer kundenid utilisateur usuario idusuario
        cliente utente utilisateurid idutilisateur idclient clientnr gebruiker användare пользователь клиент
        usuário idusuário 고객 사용자 buyer shopper subscriber learner profile patron hhid householdkey fullvisitorid
        客户 客户id 用户id 用户 用户编号 用户名 顾客 会员 会员id 买家id 学生 学号 ユーザーid ユーザー 顧客id
    """,
    "item_id": """
        itemid item iid movieid movie filmid film productid product parentasin asin stockcode sku articleid
        article bookid book isbn songid song trackid track artistid artist artistname game course album albumid
        band recipeid placeid podcast locationid url page gameid gametitle appid app videoid video showid
        courseid newsid newsarticleid postid post adid contentid content merchantid businessid restaurantid poi
        venueid itemidx itemno objectid listingid hotelid anime animeid artikel artikelnr artikelnummer produkt
        produktid produit producto articulo pelicula prodotto 商品id 商品 товар фильм produto filme 상품 アイテム 影片
        歌曲 产品 产品id 商品编号 物品id 物品 电影id 电影 书籍 课程 课程id 视频id アイテムid 商品番号
    """,
    "timestamp": """
        timestamp unixreviewtime time datetime date eventtime ts invoicedate orderdate purchasedate createdat
        created reviewtime ratedat ratingdate watchedat clicktime viewtime eventtimestamp starttime playedat
        localtime day eventdate timestep step unixtime epoch watchdate listenedat orderedat addedat дата время
        datahora zeitstempel erstelltam 시간 날짜 购买时间 transactiondate tdat datum zeit zeitpunkt bestelldatum fecha
        horodatage data 时间 时间戳 日期 评分时间 下单时间 日時 日付
    """,
    "rating": """
        rating overall score stars star starrating userrating bookrating movierating ratingvalue grade vote note
        bewertung sterne puntuacion valoracion votazione plays playcount hours hoursplayed playtime minutes
        watchtime listens listencount count weight preference nota оценка рейтинг 평점
        播放次数 strength 评分 评级 分数 得分 次数 評価
    """,
    "scenario": """
        scenario domain channel platform vertical surface site kanal 场景 领域 渠道 平台
    """,
    "title": """
        title itemtitle productname producttitle itemname movietitle booktitle coursename name description titel
        prodname bezeichnung artikelname titre titulo nombre 标题 名称 商品名称 电影名
    """,
    "text": """
        text description summary overview abstract plot synopsis blurb about detaildesc desc beschreibung
        descripcion 简介 描述
    """,
    "tags": """
        tags genres genre categories category keywords topics labels subjects kategorie kategorien categorias 标签
        类型 类别 分类
    """,
    "quantity": """
        quantity qty menge cantidad 数量
    """,
    "order_id": """
        invoiceno invoice orderid orderno rechnungsnr
    """,
}
_STEMS = {
    "user_id": "user customer cust client member visitor reviewer buyer shopper subscriber 用户 会员 客户 顾客",
    "item_id": "item product prod article movie film book song track artist game course content video 商品 产品 物品",
}
USER_STEMS, ITEM_STEMS = (tuple(_STEMS[role].split()) for role in ("user_id", "item_id"))
SESSION_NAMES = ("sessionid", "session", "sid", "visitid", "会话id", "会话", "会话编号", "セッションid", "セッション")
"""Names of the column of sessions: histories of visitors who are not known, read where there is no user column."""
_ID_ENDINGS = "id ids no nr num number code key hash idx index uuid guid ref identifier name 编号 号 代码 名"
_TIME_ENDINGS = ("time", "timestamp", "date", "datetime", "时间", "日期", "日時")
NAMES = {role: tuple(words.split()) for role, words in _WORDS.items()}
"""Role -> names. A column has one role: roles choose in this order, and within a role earlier names win."""


def normalised_name(name: str) -> str:
    """A column's name without case, blanks, punctuation and a RecBole type: `User_ID:token` -> `userid`."""
    return re.sub(r"[\W_]+", "", name.split(":", maxsplit=1)[0].lower())


def is_session_name(column: str) -> bool:
    """Whether a column that groups the rows is one of sessions."""
    return normalised_name(column) in SESSION_NAMES


def known_names(columns: Sequence[str]) -> dict[str, str]:
    """Role -> column for every column whose name is known; each column has one role, each role one column."""
    names = {column: normalised_name(column) for column in columns}
    found: dict[str, str] = {}

    def assign(role: str, matches: Callable[[str], bool]) -> None:
        if role not in found:
            free = (column for column in names if column not in found.values())
            if (column := next((column for column in free if matches(names[column])), None)) is not None:
                found[role] = column

    for role, usual in NAMES.items():
        for name in usual:
            assign(role, name.__eq__)
    for role, stems in _STEMS.items():  # compounds such as `customer_number`, `product_code`
        assign(role, {stem + ending for stem in stems.split() for ending in _ID_ENDINGS.split()}.__contains__)
    for name in SESSION_NAMES:
        assign("user_id", name.__eq__)
    assign("timestamp", lambda name: name.endswith(_TIME_ENDINGS))
    return found
