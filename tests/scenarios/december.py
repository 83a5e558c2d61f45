"""The December of a small manufacturer, as plain data: opening balances, what moved from January to November, 68 vouchers.

恒泰五金制品有限公司 keeps its books by the small-business standard, is a general VAT taxpayer and moves to us in December.
An account may carry its party behind a slash.  ``flows`` say on which line of the cash flow statement (会小企03表) the
voucher's money stands, as somebody decided who read the notes to the form; amounts as the form shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

COMPANY = "恒泰五金制品有限公司"
PARTIES = {"甲": "甲机械有限公司", "乙": "乙电器有限公司", "丙": "丙贸易有限公司", "丁": "Ding Trading Ltd", "戊": "戊建材有限公司",
           "A": "A钢材有限公司", "B": "B铜业有限公司", "C": "C服务有限公司"}  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """Balance on the eve of December, and movements of the year until then."""

    account: str
    debit: str
    credit: str
    year_debit: str
    year_credit: str


@dataclass(frozen=True)
class Line:
    account: str
    debit: str = "0"
    credit: str = "0"
    usd: str | None = None
    rate: str | None = None


@dataclass(frozen=True)
class Voucher:
    day: int
    summary: str
    lines: tuple[Line, ...]
    flows: Mapping[int, str] = field(default_factory=dict)


CLOSING_RATE = "7.10"
"""Of the dollar at the end of the month: what was received stands at it already."""

OPENINGS = (
    Opening("1001", "5000", "0", "0", "0"),
    Opening("100201", "1386050", "0", "3121200", "2535150"),
    Opening("1122/丙", "0", "20000", "0", "20000"),
    Opening("1122/乙", "130000", "0", "1130000", "1000000"),
    Opening("1122/甲", "280000", "0", "2260000", "2100000"),
    Opening("1403", "250000", "0", "1200000", "1100000"),
    Opening("1405", "230000", "0", "1680000", "1650000"),
    Opening("1601", "1200000", "0", "0", "0"),
    Opening("1602", "0", "374000", "0", "74000"),
    Opening("1701", "60000", "0", "0", "0"),
    Opening("1702", "0", "17500", "0", "5500"),
    Opening("2001", "0", "300000", "0", "0"),
    Opening("2202/A", "0", "196000", "1250000", "1356000"),
    Opening("2202/B", "50000", "0", "50000", "0"),
    Opening("221101", "0", "60000", "690000", "700000"),
    Opening("22210101", "156000", "0", "156000", "0"),
    Opening("22210104", "234000", "0", "234000", "0"),
    Opening("22210107", "0", "390000", "0", "390000"),
    Opening("222102", "0", "24000", "220000", "234000"),
    Opening("222112", "0", "980", "15400", "16380"),
    Opening("222113", "0", "420", "6600", "7020"),
    Opening("222114", "0", "280", "4400", "4680"),
    Opening("222115", "0", "10000", "30000", "40000"),
    Opening("3001", "0", "1500000", "0", "0"),
    Opening("310101", "0", "60000", "0", "0"),
    Opening("3103", "0", "834870", "2165130", "3000000"),
    Opening("310401", "0", "213000", "0", "0"),
    Opening("400101", "20000", "0", "1700000", "1680000"),
    Opening("4101", "0", "0", "200000", "200000"),
    Opening("5001", "0", "0", "3000000", "3000000"),
    Opening("5401", "0", "0", "1650000", "1650000"),
    Opening("540301", "0", "0", "16380", "16380"),
    Opening("540302", "0", "0", "7020", "7020"),
    Opening("540303", "0", "0", "4680", "4680"),
    Opening("560101", "0", "0", "60000", "60000"),
    Opening("560102", "0", "0", "50000", "50000"),
    Opening("560201", "0", "0", "160000", "160000"),
    Opening("560202", "0", "0", "60000", "60000"),
    Opening("560203", "0", "0", "35000", "35000"),
    Opening("560204", "0", "0", "20000", "20000"),
    Opening("560205", "0", "0", "44000", "44000"),
    Opening("560206", "0", "0", "5500", "5500"),
    Opening("560301", "0", "0", "13750", "13750"),
    Opening("560302", "0", "0", "-1200", "-1200"),
    Opening("5801", "0", "0", "40000", "40000"),
)  # fmt: skip

# Cash flows from January to November, by line of the form.
OPENING_FLOWS = {1: "3120000", 2: "1200", 3: "1300000", 4: "690000", 5: "276400", 6: "255000", 17: "13750"}

DAILY = (
    Voucher(1, "提取备用金", (
        Line("1001", debit="20000.00"),
        Line("100201", credit="20000.00"),
    )),
    Voucher(1, "收甲公司货款", (
        Line("100201", debit="150000.00"),
        Line("1122/甲", credit="150000.00"),
    ), flows={1: "150000.00"}),
    Voucher(2, "向A公司购钢材", (
        Line("1403", debit="200000.00"),
        Line("22210101", debit="26000.00"),
        Line("2202/A", credit="226000.00"),
    )),
    Voucher(2, "付A公司货款", (
        Line("2202/A", debit="196000.00"),
        Line("100201", credit="196000.00"),
    ), flows={3: "196000.00"}),
    Voucher(3, "生产领用钢材", (
        Line("400101", debit="150000.00"),
        Line("1403", credit="150000.00"),
    )),
    Voucher(3, "车间领用辅料", (
        Line("4101", debit="6000.00"),
        Line("1403", credit="6000.00"),
    )),
    Voucher(3, "销售产品给甲公司", (
        Line("1122/甲", debit="339000.00"),
        Line("5001", credit="300000.00"),
        Line("22210107", credit="39000.00"),
    )),
    Voucher(4, "缴纳11月增值税", (
        Line("222102", debit="24000.00"),
        Line("100201", credit="24000.00"),
    ), flows={5: "24000.00"}),
    Voucher(4, "缴纳11月附加税费", (
        Line("222112", debit="980.00"),
        Line("222113", debit="420.00"),
        Line("222114", debit="280.00"),
        Line("100201", credit="1680.00"),
    ), flows={5: "1680.00"}),
    Voucher(4, "预缴企业所得税", (
        Line("222115", debit="10000.00"),
        Line("100201", credit="10000.00"),
    ), flows={5: "10000.00"}),
    Voucher(5, "发放11月工资", (
        Line("221101", debit="60000.00"),
        Line("224101", credit="6000.00"),
        Line("224102", credit="3000.00"),
        Line("222116", credit="500.00"),
        Line("100201", credit="50500.00"),
    ), flows={4: "50500.00"}),
    Voucher(5, "计提12月社会保险费", (
        Line("400101", debit="9000.00"),
        Line("4101", debit="2000.00"),
        Line("560101", debit="1500.00"),
        Line("560201", debit="3500.00"),
        Line("221104", credit="16000.00"),
    )),
    Voucher(5, "计提12月住房公积金", (
        Line("400101", debit="1800.00"),
        Line("4101", debit="400.00"),
        Line("560101", debit="300.00"),
        Line("560201", debit="500.00"),
        Line("221105", credit="3000.00"),
    )),
    Voucher(5, "缴纳社会保险费", (
        Line("221104", debit="16000.00"),
        Line("224101", debit="6000.00"),
        Line("100201", credit="22000.00"),
    ), flows={4: "22000.00"}),
    Voucher(5, "缴纳住房公积金", (
        Line("221105", debit="3000.00"),
        Line("224102", debit="3000.00"),
        Line("100201", credit="6000.00"),
    ), flows={4: "6000.00"}),
    Voucher(6, "代缴个人所得税", (
        Line("222116", debit="500.00"),
        Line("100201", credit="500.00"),
    ), flows={5: "500.00"}),
    Voucher(6, "购入数控机床", (
        Line("1601", debit="100000.00"),
        Line("22210101", debit="13000.00"),
        Line("100201", credit="113000.00"),
    ), flows={12: "113000.00"}),
    Voucher(7, "李强预借差旅费", (
        Line("1221", debit="5000.00"),
        Line("1001", credit="5000.00"),
    ), flows={6: "5000.00"}),
    Voucher(8, "李强报销差旅费并退余款", (
        Line("560203", debit="4600.00"),
        Line("1001", debit="400.00"),
        Line("1221", credit="5000.00"),
    ), flows={2: "400.00"}),
    Voucher(8, "购办公用品", (
        Line("560202", debit="1356.50"),
        Line("1001", credit="1356.50"),
    ), flows={6: "1356.50"}),
    Voucher(9, "展会广告费", (
        Line("560102", debit="10000.00"),
        Line("22210101", debit="600.00"),
        Line("2202/C", credit="10600.00"),
    )),
    Voucher(10, "收乙公司货款", (
        Line("100201", debit="130000.00"),
        Line("1122/乙", credit="130000.00"),
    ), flows={1: "130000.00"}),
    Voucher(10, "销售产品给乙公司", (
        Line("1122/乙", debit="226000.00"),
        Line("5001", credit="200000.00"),
        Line("22210107", credit="26000.00"),
    )),
    Voucher(11, "归还短期借款", (
        Line("2001", debit="100000.00"),
        Line("100201", credit="100000.00"),
    ), flows={16: "100000.00"}),
    Voucher(11, "借入短期借款", (
        Line("100201", debit="200000.00"),
        Line("2001", credit="200000.00"),
    ), flows={14: "200000.00"}),
    Voucher(12, "支付销售运费", (
        Line("560105", debit="3000.00"),
        Line("100201", credit="3000.00"),
    ), flows={6: "3000.00"}),
    Voucher(13, "预付B公司货款", (
        Line("2202/B", debit="30000.00"),
        Line("100201", credit="30000.00"),
    ), flows={3: "30000.00"}),
    Voucher(14, "B公司铜材到货", (
        Line("1403", debit="60000.00"),
        Line("22210101", debit="7800.00"),
        Line("2202/B", credit="67800.00"),
    )),
    Voucher(14, "生产领用铜材", (
        Line("400101", debit="90000.00"),
        Line("1403", credit="90000.00"),
    )),
    Voucher(15, "出口销售给丁公司", (
        Line("1122/丁", debit="71200.00", usd="10000.00", rate="7.12"),
        Line("5001", credit="71200.00"),
    )),
    Voucher(15, "本月水电费", (
        Line("4101", debit="8000.00"),
        Line("560208", debit="2000.00"),
        Line("2202/C", credit="10000.00"),
    )),
    Voucher(16, "预收戊公司货款", (
        Line("100201", debit="15000.00"),
        Line("1122/戊", credit="15000.00"),
    ), flows={1: "15000.00"}),
    Voucher(16, "销售产品给丙公司", (
        Line("1122/丙", debit="56500.00"),
        Line("5001", credit="50000.00"),
        Line("22210107", credit="6500.00"),
    )),
    Voucher(17, "收丙公司货款", (
        Line("100201", debit="30000.00"),
        Line("1122/丙", credit="30000.00"),
    ), flows={1: "30000.00"}),
    Voucher(18, "收丁公司外汇货款", (
        Line("100202", debit="71000.00", usd="10000.00", rate="7.10"),
        Line("560304", debit="200.00"),
        Line("1122/丁", credit="71200.00", usd="10000.00", rate="7.12"),
    ), flows={1: "71000.00"}),
    Voucher(18, "业务招待费", (
        Line("560204", debit="2600.00"),
        Line("1001", credit="2600.00"),
    ), flows={6: "2600.00"}),
    Voucher(19, "付C公司广告费和水电费", (
        Line("2202/C", debit="20600.00"),
        Line("100201", credit="20600.00"),
    ), flows={3: "20600.00"}),
    Voucher(20, "银行手续费", (
        Line("560303", debit="180.20"),
        Line("100201", credit="180.20"),
    ), flows={6: "180.20"}),
    Voucher(20, "收到存款利息", (
        Line("100201", debit="450.33"),
        Line("560302", debit="-450.33"),
    ), flows={2: "450.33"}),
    Voucher(21, "支付借款利息", (
        Line("560301", debit="1250.00"),
        Line("100201", credit="1250.00"),
    ), flows={17: "1250.00"}),
    Voucher(21, "出售废料", (
        Line("100201", debit="1130.00"),
        Line("5051", credit="1000.00"),
        Line("22210107", credit="130.00"),
    ), flows={1: "1130.00"}),
    Voucher(22, "购茶叶", (
        Line("560202", debit="800.00"),
        Line("1001", credit="800.00"),
    ), flows={6: "800.00"}),
    Voucher(23, "更正12月22日购茶叶凭证：业务招待费", (
        Line("560204", debit="800.00"),
        Line("1001", credit="800.00"),
    ), flows={6: "800.00"}),
    Voucher(23, "购包装物", (
        Line("1411", debit="5000.00"),
        Line("22210101", debit="650.00"),
        Line("2202/A", credit="5650.00"),
    )),
    Voucher(24, "收到稳岗补助", (
        Line("100201", debit="20000.00"),
        Line("530102", credit="20000.00"),
    ), flows={2: "20000.00"}),
    Voucher(25, "公益捐赠", (
        Line("571109", debit="2000.00"),
        Line("100201", credit="2000.00"),
    ), flows={6: "2000.00"}),
    Voucher(26, "甲公司以票据付款", (
        Line("1121", debit="50000.00"),
        Line("1122/甲", credit="50000.00"),
    )),
    Voucher(28, "股东增资", (
        Line("100201", debit="100000.00"),
        Line("3001", credit="100000.00"),
    ), flows={15: "100000.00"}),
    Voucher(28, "购入财务软件", (
        Line("1701", debit="12000.00"),
        Line("22210101", debit="720.00"),
        Line("2202/C", credit="12720.00"),
    )),
    Voucher(29, "付A公司货款", (
        Line("2202/A", debit="100000.00"),
        Line("100201", credit="100000.00"),
    ), flows={3: "100000.00"}),
    Voucher(30, "计提12月工资", (
        Line("400101", debit="40000.00"),
        Line("4101", debit="8000.00"),
        Line("560101", debit="6000.00"),
        Line("560201", debit="16000.00"),
        Line("221101", credit="70000.00"),
    )),
    Voucher(30, "代扣社会保险费和个人所得税差额核对无误，计提印花税并缴纳", (
        Line("540304", debit="350.40"),
        Line("100201", credit="350.40"),
    ), flows={5: "350.40"}),
    Voucher(31, "计提折旧", (
        Line("4101", debit="3000.00"),
        Line("560205", debit="4000.00"),
        Line("560104", debit="500.00"),
        Line("1602", credit="7500.00"),
    )),
    Voucher(31, "摊销无形资产", (
        Line("560206", debit="600.00"),
        Line("1702", credit="600.00"),
    )),
    Voucher(31, "摊销包装物", (
        Line("4101", debit="1000.00"),
        Line("1411", credit="1000.00"),
    )),
    Voucher(31, "结转制造费用", (
        Line("400101", debit="28400.00"),
        Line("4101", credit="28400.00"),
    )),
    Voucher(31, "产品完工入库", (
        Line("1405", debit="300000.00"),
        Line("400101", credit="300000.00"),
    )),
    Voucher(31, "结转销售成本", (
        Line("5401", debit="320000.00"),
        Line("1405", credit="320000.00"),
    )),
    Voucher(31, "美元户期末汇兑损失", (
        Line("560304", debit="500.00"),
        Line("100202", credit="500.00"),
    )),
    Voucher(31, "转出未交增值税", (
        Line("22210104", debit="22860.00"),
        Line("222102", credit="22860.00"),
    )),
    Voucher(31, "计提附加税费", (
        Line("540301", debit="1600.20"),
        Line("540302", debit="685.80"),
        Line("540303", debit="457.20"),
        Line("222112", credit="1600.20"),
        Line("222113", credit="685.80"),
        Line("222114", credit="457.20"),
    )),
    Voucher(31, "计提企业所得税", (
        Line("5801", debit="11500.00"),
        Line("222115", credit="11500.00"),
    )),
)  # fmt: skip

# Entered on the wrong account, cancelled in red on the 23rd; its money comes back on line 6 as a negative payment.
REVERSED = "购茶叶"
REVERSED_ON = 23

# What the period end posts: profit and loss to the profit of the year, that to undistributed profit, a tenth to the reserve.
TRANSFER = (
    Voucher(31, "结转收入", (
        Line("5001", debit="621200.00"),
        Line("5051", debit="1000.00"),
        Line("530102", debit="20000.00"),
        Line("3103", credit="642200.00"),
    )),
    Voucher(31, "结转成本费用", (
        Line("3103", debit="395529.97"),
        Line("5401", credit="320000.00"),
        Line("540301", credit="1600.20"),
        Line("540302", credit="685.80"),
        Line("540303", credit="457.20"),
        Line("540304", credit="350.40"),
        Line("560101", credit="7800.00"),
        Line("560102", credit="10000.00"),
        Line("560104", credit="500.00"),
        Line("560105", credit="3000.00"),
        Line("560201", credit="20000.00"),
        Line("560202", credit="1356.50"),
        Line("560203", credit="4600.00"),
        Line("560204", credit="3400.00"),
        Line("560205", credit="4000.00"),
        Line("560206", credit="600.00"),
        Line("560208", credit="2000.00"),
        Line("560301", credit="1250.00"),
        Line("560302", credit="-450.33"),
        Line("560303", credit="180.20"),
        Line("560304", credit="700.00"),
        Line("571109", credit="2000.00"),
        Line("5801", credit="11500.00"),
    )),
)  # fmt: skip
YEAR_END = (
    Voucher(31, "结转本年利润", (Line("3103", debit="1081540.03"), Line("310401", credit="1081540.03"))),
    Voucher(31, "提取法定盈余公积", (Line("310403", debit="108154.00"), Line("310101", credit="108154.00"))),
    Voucher(31, "结转利润分配明细", (Line("310401", debit="108154.00"), Line("310403", credit="108154.00"))),
)  # fmt: skip
