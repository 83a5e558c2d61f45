"""Who the demo company deals with and what it sells: invented, in the way such things are called."""

from dataclasses import dataclass
from decimal import Decimal

COMPANY = "浙江青禾教育科技有限公司"
SLUG = "qinghe"


@dataclass(frozen=True)
class Person:
    """Somebody who signs in to the demo company.  ``key`` is the part of the address before the @."""

    key: str
    name: str
    role: str


OWNER = Person("lin", "林知夏", "owner")
ACCOUNTANT = Person("chen", "陈会计", "accountant")
SALES = Person("zhou", "周明", "sales")
CASHIER = Person("wang", "王丽", "cashier")
PEOPLE = (OWNER, ACCOUNTANT, SALES, CASHIER)


def email_of(person: Person) -> str:
    """The address by which a person signs in, and by which they are an employee."""
    return f"{person.key}@{SLUG}.example.com"


@dataclass(frozen=True)
class Item:
    """A product.  ``price`` includes VAT; ``cost`` is the share of the net price that it costs us."""

    sku: str
    name: str
    unit: str
    price: Decimal
    tax: str
    cost: Decimal = Decimal("0.64")
    service: bool = False


# name, region, industry, payment days, how much they buy (1 small, 3 large)
CUSTOMERS = (
    ("杭州市文澜实验学校", "浙江 杭州", "学校", 30, 3),
    ("宁波市海曙外国语学校", "浙江 宁波", "学校", 45, 3),
    ("绍兴市鲁迅小学教育集团", "浙江 绍兴", "学校", 30, 2),
    ("嘉兴市南湖区教育局装备中心", "浙江 嘉兴", "政府", 60, 3),
    ("温州新纪元教育集团有限公司", "浙江 温州", "教育集团", 45, 3),
    ("金华市婺城书香文化有限公司", "浙江 金华", "书店", 15, 1),
    ("杭州启明星培训学校有限公司", "浙江 杭州", "培训机构", 0, 2),
    ("苏州市吴江区鲈乡实验小学", "江苏 苏州", "学校", 30, 2),
    ("南京博雅教育咨询有限公司", "江苏 南京", "培训机构", 15, 1),
    ("上海思齐文化传播有限公司", "上海", "贸易", 30, 2),
    ("湖州市织里镇中心幼儿园", "浙江 湖州", "幼儿园", 0, 1),
    ("台州市椒江新华书店有限公司", "浙江 台州", "书店", 30, 2),
    ("衢州市柯城区教育技术中心", "浙江 衢州", "政府", 60, 2),
    ("舟山市普陀区沈家门小学", "浙江 舟山", "学校", 30, 1),
    ("丽水市莲都区文化用品商行", "浙江 丽水", "贸易", 7, 1),
    ("无锡市梁溪区艺考培训中心", "江苏 无锡", "培训机构", 0, 1),
    ("合肥市瑶海区和平小学", "安徽 合肥", "学校", 45, 1),
    ("杭州云杉编程教育科技有限公司", "浙江 杭州", "培训机构", 15, 2),
    ("义乌市佰乐玩教具有限公司", "浙江 金华", "贸易", 30, 2),
    ("南通市崇川学田小学", "江苏 南通", "学校", 30, 1),
    ("常州市天宁区青果教育科技有限公司", "江苏 常州", "培训机构", 15, 1),
    ("杭州市拱墅区卖鱼桥小学", "浙江 杭州", "学校", 30, 2),
    ("宁波慧科职业技能培训学校", "浙江 宁波", "培训机构", 30, 2),
    ("江西省赣东北图书发行有限公司", "江西 上饶", "书店", 45, 1),
    ("福州市鼓楼区智育坊文具店", "福建 福州", "贸易", 0, 1),
    ("厦门海沧双语学校", "福建 厦门", "学校", 30, 2),
    ("武汉楚才教育装备有限公司", "湖北 武汉", "贸易", 45, 2),
    ("长沙市雨花区砂子塘小学", "湖南 长沙", "学校", 30, 1),
)

SUPPLIERS = (
    ("深圳市优学智能硬件有限公司", "广东 深圳", "智能硬件"),
    ("浙江古籍出版物流有限公司", "浙江 杭州", "图书发行"),
    ("宁波得诚文具制造有限公司", "浙江 宁波", "文具"),
    ("上海华师仪器设备有限公司", "上海", "教学仪器"),
    ("义乌市彩虹谷玩具厂", "浙江 金华", "玩教具"),
    ("杭州顺通物流有限公司", "浙江 杭州", "物流"),
    ("杭州西溪智谷园区管理有限公司", "浙江 杭州", "物业"),
    ("浙江正信税务师事务所有限公司", "浙江 杭州", "中介服务"),
    ("杭州橙果广告有限公司", "浙江 杭州", "广告"),
    ("苏州博优教学家具有限公司", "江苏 苏州", "家具"),
)
GOODS_SUPPLIERS = 5

PRODUCTS = (
    Item("TAB-10", "青禾学习平板 10 英寸", "台", Decimal("1899"), "VAT13", Decimal("0.72")),
    Item("PEN-R1", "智能点读笔 R1", "支", Decimal("368"), "VAT13", Decimal("0.61")),
    Item("LAB-PHY", "初中物理实验箱", "套", Decimal("860"), "VAT13", Decimal("0.63")),
    Item("LAB-CHE", "初中化学实验箱", "套", Decimal("920"), "VAT13", Decimal("0.64")),
    Item("LAB-BIO", "小学科学探究套装", "套", Decimal("268"), "VAT13", Decimal("0.58")),
    Item("ROB-01", "编程机器人入门套件", "套", Decimal("1280"), "VAT13", Decimal("0.66")),
    Item("ROB-02", "编程机器人竞赛套件", "套", Decimal("3680"), "VAT13", Decimal("0.68")),
    Item("MIC-40", "学生显微镜 40 倍", "台", Decimal("420"), "VAT13", Decimal("0.6")),
    Item("ART-24", "美术画材箱 24 色", "箱", Decimal("158"), "VAT13", Decimal("0.55")),
    Item("CAL-SET", "书法练习套装", "套", Decimal("128"), "VAT13", Decimal("0.52")),
    Item("STA-A4", "练习本 A4 十本装", "包", Decimal("39.9"), "VAT13", Decimal("0.58")),
    Item("DSK-02", "可升降课桌椅", "套", Decimal("560"), "VAT13", Decimal("0.7")),
    Item("BRD-65", "智慧黑板 65 英寸", "台", Decimal("8800"), "VAT13", Decimal("0.74")),
    Item("BK-ENG", "英语分级阅读 1-6 级", "套", Decimal("198"), "VAT9", Decimal("0.62")),
    Item("BK-MAT", "数学思维训练 全 12 册", "套", Decimal("236"), "VAT9", Decimal("0.6")),
    Item("BK-CHN", "国学经典诵读 全 8 册", "套", Decimal("168"), "VAT9", Decimal("0.59")),
    Item("BK-SCI", "少儿百科全书 精装", "套", Decimal("328"), "VAT9", Decimal("0.63")),
    Item("TOY-BLK", "大颗粒积木 200 粒", "箱", Decimal("298"), "VAT13", Decimal("0.57")),
    Item("SVC-TRN", "教师培训服务", "天", Decimal("4800"), "VAT6", Decimal(0), service=True),
    Item("SVC-CON", "智慧课堂实施服务", "项", Decimal("12000"), "VAT6", Decimal(0), service=True),
    Item("SVC-LIC", "备课平台年费", "年", Decimal("9800"), "VAT6", Decimal(0), service=True),
)

DEPARTMENTS = (("10", "总经办"), ("20", "财务部"), ("30", "销售部"), ("40", "教学部"), ("50", "仓储物流部"))

# staff number, name, department, position, monthly wage
EMPLOYEES = (
    ("001", "林知夏", "10", "总经理", 22000),
    ("002", "陈会计", "20", "主办会计", 11500),
    ("003", "王丽", "20", "出纳", 7200),
    ("004", "周明", "30", "销售经理", 14800),
    ("005", "许佳", "30", "客户代表", 8600),
    ("006", "高远", "30", "客户代表", 8200),
    ("007", "沈悦", "40", "教学主管", 12600),
    ("008", "顾辰", "40", "讲师", 9800),
    ("009", "田野", "50", "仓库主管", 7800),
)
