"""The word lists the fictional city 示例市 is built from. Every street, estate and firm is invented."""

from typing import Final

CITY: Final = "示例市"

SURNAMES: Final = (
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎",
    "欧阳",
    "司徒",
    "上官",
    "诸葛",
)

GIVEN: Final = tuple(
    "安邦晨初春达丹东尔帆芳飞枫歌光桂海涵航和恒宏华慧吉佳嘉简健江洁锦静君凯可岚乐磊立琳凌露曼"
    "梅明宁诺平琦启青清秋然容如瑞若森珊诗书舒树朔思松涛天婷同彤伟文希晓心星秀轩雅言彦阳业依宜以"
    "艺亦音盈永悠宇雨语玉远悦云泽展昭真正之知志中竹卓子梓"
)

RARE: Final = tuple("䶮㛃𬭬㵘𠅤𬍛𫖮𬱖𫍯㻇䴗𫄷")
"""Characters outside GB 2312 and mostly outside the old fonts; four bytes each in GB 18030 but for 䶮."""

REASSIGNED: Final = {"䶮": "\ue863", "龺": "\ue854", "龻": "\ue864"}
"""Characters that older systems stored at private-use code points: the tables before GB 18030-2022
(before 2000 for 䶮) had no Unicode place for them."""

STREETS: Final = ("甲一路", "乙二路", "丙三街", "丁四街", "戊五巷", "己六路", "庚七大道", "辛八街", "壬九路", "癸十巷")
ESTATES: Final = ("示例花园", "样板新村", "虚构苑", "假想里", "例证小区", "范本家园", "模拟公寓", "拟定府")
DISTRICTS: Final = ("东示区", "西例区", "南样区", "北范县")

ETHNICITIES: Final = {
    "汉族": "01", "回族": "03", "苗族": "06", "壮族": "08", "满族": "11", "侗族": "12", "土家族": "15", "畲族": "22",
}  # fmt: skip
"""Name to code of GB/T 3304."""

TRADES: Final = (
    ("文化创意", "组织文化艺术交流活动;图文设计制作;工艺美术品零售"),
    ("餐饮管理", "餐饮服务;食品销售;餐饮管理"),
    ("信息技术", "软件开发;信息系统集成服务;数据处理服务"),
    ("建筑工程", "房屋建筑工程;室内装饰装修;建筑材料销售"),
    ("农业发展", "蔬菜种植;水果种植;初级农产品销售"),
    ("物流", "道路货物运输;仓储服务;装卸搬运"),
    ("教育咨询", "教育信息咨询;会议及展览服务;文具用品销售"),
    ("电子商务", "互联网销售;日用百货销售;服装批发"),
)

FIRM_KINDS: Final = (
    "有限责任公司(自然人独资)",
    "有限责任公司(自然人投资或控股)",
    "股份有限公司(非上市)",
)

MARRIAGE_OFFICES: Final = tuple(f"{CITY}{district}民政局婚姻登记处" for district in DISTRICTS)
LICENSING_OFFICES: Final = tuple(f"{CITY}{district}市场监督管理局" for district in DISTRICTS)
