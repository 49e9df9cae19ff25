"""The phrases of the sample in Chinese (简体中文), in the order of `phrases.ENGLISH`."""

from __future__ import annotations

from sample_data.build.phrases import Phrases, names

CHINESE = Phrases(
    teachers=names("""
林若溪、马礼安、欧阿黛、梁素音、汤沐辰、原田雪、陈普雅、罗采薇、艾明川、何南珠、谢若霜、蓝博岳、
韩静姝、欧思博、穆祖莱、费立群、康美兰、安东澄、米秋瑾、季约宁、雷丽雅、柯非远、裴朵拉、戴维山、
顾蕾塔、钱拉维、史艾琳、马特安、贝娜佳、席奥明
"""),
    places=names("""
青石湾、东泽、下谷、隼湾、荷林渡、寒鸦门、潮尾、老沙洲、笔哨镇、桤木坪、石井、芬山、
高溪、码头边、白鸦岭、风车口、北草地、琥珀埠、蓟丘、云雀港、银滩、桦谷、暮沼、灰原
"""),
    groups=(
        "{place}{theme}圈",
        "{theme}圆桌",
        "{image}之友（{theme}）",
        "{place}的{theme}人",
        "慢慢来{theme}俱乐部",
        "{theme}非官方聊天室",
    ),
    courses=(
        "从零开始学{theme}",
        "{theme}耐心指南",
        "六个晚上学会{theme}",
        "{theme}第一年",
        "跟{teacher}学{theme}",
        "{theme}基础",
    ),
    shows=(
        "{image}的季节",
        "{name}与{image}",
        "{image}那边的屋子",
        "{place}的{image}",
        "追逐{image}",
        "{place}：{image}手记",
    ),
    films=(
        "最后的{image}",
        "{image}来信",
        "一个夏天，一个{image}",
        "{place}的{image}守护者",
        "{image}的尽头",
        "父亲的{image}",
    ),
    posts=(
        "这个春天我学到的：{facet}",
        "有人也觉得“{facet}”很难吗？",
        "第一次尝试“{facet}”，如实记录",
        "“{facet}”前后对比",
        "“{facet}”十年，问我什么都行",
        "“{facet}”的五个小错误（{theme}）",
        "来自{place}的问候：“{facet}”的一天",
        "说说“{facet}”，意见可能不讨喜",
        "每周讨论·{theme}：{facet}",
        "我终于弄懂了“{facet}”",
    ),
    models=("苍鹭", "经典", "原野", "两季", "日常", "山脊", "素面", "游牧", "工作室", "港湾"),
    editions=("签名版", "二代", "匠人版", "长寿命版", "限量版", "专业版"),
    hello="新人报到：{group}里刚接触{theme}的朋友",
    challenges=("{days} 天{theme}挑战：和{guest}开始第一天", "{days} 天{theme}挑战：“{facet}”教会我们的事"),
    kit=("{brand}{model}{main}", "{brand}{first}", "{place}{second}", "{main}保养套装"),
    upgrade=("{rival}{main}·{edition}", "{rival}{third}", "{theme}礼盒：{first}及更多"),
    course_part="{course}（第 {part} 部分）：{facet}",
    workshop="周末工作坊：{place}的{theme}",
    masterclass="{guest}大师课：{facet}（{half}）",
    halves=("上", "下"),
    episode="{show} 第 {part} 集：{facet}",
    making_of="{film}：幕后花絮",
    talk="{theme}一小时：与{guest}聊{facet}",
    texts={
        "group": (
            "一个友好的{theme}小组，这个月大家都在聊{facet}。",
            "{place}一带的朋友在这里分享{theme}，也欢迎提问：{other}。",
            "献给所有喜欢{theme}的人，从第一天到{facet}。",
        ),
        "hello": (
            "新来的？说说你是怎么接触{theme}的，接下来想试什么。",
            "介绍一下自己，顺便学几招{facet}。",
        ),
        "post": (
            "有照片，有疑问，还有一长串关于{other}的评论。",
            "图文并茂的真实记录，评论区聊到了{facet}。",
            "帖子不长，回答很好，尤其是关于{other}的。",
            "{guest}加入讨论，讲解{facet}。",
            "带上你自己的例子，来比一比{facet}。",
        ),
        "main": (
            "大多数人从它开始{theme}，评论都称赞它适合{facet}。",
            "结实、可维修，专为{theme}设计；{teacher}用它来做{other}。",
            "{facet}的可靠之选，十年保修。",
        ),
        "thing": (
            "与你现有的{theme}装备很搭，适合{facet}。",
            "一个小配件，让{other}更轻松。",
            "{place}的顾客试用过，大多用于{facet}。",
        ),
        "care": ("让你的装备陪你度过一季又一季的{theme}。", "{facet}之后的保养用品，一盒全有。"),
        "gift": ("送给整天谈论{theme}的人。", "一盒入门：{facet}和{other}。"),
        "course": (
            "短小的课时讲{facet}，练习在家就能做。",
            "{teacher}把{theme}慢慢拆开讲，请带上关于{other}的问题。",
            "你会练习{facet}，并得到全班的反馈。",
            "接着前面的内容，最后完成你自己的{other}作品。",
        ),
        "workshop": ("在{place}用两天学{theme}，小班，多练{facet}。", "由{teacher}手把手教：{other}。"),
        "show": (
            "一部平静的{theme}纪录片，今晚讲{facet}。",
            "{guest}来到{place}，为{other}打了个赌，结果输了。",
            "画面优美，讲到{facet}时意外地好笑。",
            "{other}出了岔子，故事就此转折。",
        ),
        "film": (
            "一部安静的电影，关于{theme}和{place}的人们。",
            "{teacher}饰演一位老师，为了{facet}放下一切。",
            "以{other}的场景打动了观众。",
        ),
        "talk": ("用一小时聊{facet}，以及它为什么重要。", "{guest}谈{other}，也谈失败。"),
    },
    everyday={
        "social": (
            ("你窗外的风景", "每天一张照片，来自各地。"),
            ("邻里失物招领", "钥匙、围巾、猫。"),
            ("周末计划大讨论", "你打算做什么？"),
            ("本周的小胜利", "说一件好事吧。"),
            ("找房子：超长讨论帖", "出租、求租、避坑。"),
            ("只在周一好笑的笑话", "已经提醒过你了。"),
            ("什么都不做的宠物", "就是字面意思。"),
            ("公交晚点吐槽帖", "雨中互相打气。"),
        ),
        "shop": (
            ("折叠伞，防风", "大多数十一月都扛得住。"),
            ("可重复使用水瓶，0.7 升", "不锈钢，可用洗碗机清洗。"),
            ("礼品卡，金额任选", "实在不知道送什么的时候。"),
            ("双口手机充电器", "两个人都能充。"),
            ("棉布袋，加长提手", "能装得比该装的还多。"),
            ("点阵笔记本，A5", "一百六十页。"),
            ("充电电池，八节装", "有电池盖的都能用。"),
            ("羊毛袜，三双", "暖和又朴素。"),
        ),
        "courses": (
            ("盲打入门", "十天学会十指打字。"),
            ("睡得更好：短课", "证据怎么说，慢慢讲给你听。"),
            ("急救复习", "最先该做的事。"),
            ("不怕电子表格", "从清单到小模型。"),
            ("一小步一小步学演讲", "先讲三分钟，再讲五分钟。"),
            ("理财基础", "预算、利率和平常心。"),
        ),
        "entertainment": (
            ("港口侦探，试播集", "一艘渡轮，一份遗嘱，船上空无一人。"),
            ("知识竞答之夜·直播", "十二道题，一位赢家。"),
            ("雨声八小时", "助眠或专注。"),
            ("楼上的邻居·精选", "一部楼道里的喜剧。"),
            ("十分钟看世界", "发生了什么，简短说完。"),
            ("限时厨房·决赛", "两位选手，一台烤箱。"),
            ("夏日金曲歌单", "每首你都听过。"),
            ("午夜无终点快车", "一列火车上的惊悚片。"),
        ),
    },
    tags={
        "everyday": "日常", "social": "社交媒体", "shop": "购物", "courses": "在线课程", "entertainment": "娱乐",
        "group": "小组", "thread": "讨论", "post": "帖子", "challenge": "挑战", "photos": "照片",
        "gear": "装备", "essentials": "必备", "add-on": "配件", "care": "保养", "premium": "高端", "gift": "礼物",
        "course": "系列课", "beginner": "入门", "intermediate": "中级", "workshop": "工作坊",
        "masterclass": "大师课", "advanced": "高级",
        "series": "剧集", "documentary": "纪录片", "film": "电影", "making-of": "花絮", "podcast": "播客",
    },
    regions={"Coast": "海岸", "Hills": "山地", "Lakes": "湖区", "City": "城市", "Plains": "平原"},
    user_columns=("年龄段", "地区", "植入的兴趣", "2024 年植入的兴趣"),
)  # fmt: skip
