"""Ten more spreadsheets of offices, each with something that looks right and is easily read wrongly."""

from tests.inventory.exchange.forty_sheets import DRY, GAUZE, MASK, PADS, PLIERS, D, Paper

HEAD = ("站点", "货位", "物资", "数量")
TEN = [
    Paper(  # the unit stands beside the amount, under one heading for both: five boxes, not five pieces
        "one heading over two cells",
        [(*HEAD, None), (D, "A1层", "吸油毡", 5, "箱"), (D, "A1层", "钳子", 1, "把")],
        [(PADS, 5, None, None), (PLIERS, 1, None, None)],  # as it would be, were the fault not there
        ["E2"],
        merged=[(0, 3, 0, 4)],
    ),
    Paper(
        "the same, once said",
        [(*HEAD, None), (D, "A1层", "吸油毡", 5, "箱"), (D, "A1层", "钳子", 1, "把")],
        [(PADS, 50, None, None), (PLIERS, 1, None, None)],
        merged=[(0, 3, 0, 4)],
        columns={"E": "unit"},
    ),
    Paper(  # last year's figures, hidden beside this year's
        "a hidden column of that name",
        [("站点", "货位", "物资", "数量", "数量"), (D, "A1层", "钳子", 9, 2)],
        [(PLIERS, 2, None, None)],
        ["D2"],
        hidden_columns=[3],
    ),
    Paper(
        "years of the republic",
        [(*HEAD, "批号", "失效日期"), (D, "A1层", "口罩", 30, "1", "民国117年3月5日"),
         (D, "A1层", "口罩", 30, "2", "117.3.5"), (D, "A1层", "口罩", 30, "3", "中华民国118年6月")],
        [(MASK, 30, "1", "2028-03-05"), (MASK, 30, "3", "2029-06-30")],
        ["F3"],
    ),
    Paper(
        "dates as everybody writes them",
        [(*HEAD, "批号", "有效期至"), (D, "A1层", "口罩", 1, "1", "2028.3.5"), (D, "A1层", "口罩", 1, "2", "20280305"),
         (D, "A1层", "口罩", 1, "3", "２０２８年３月５日"), (D, "A1层", "口罩", 1, "4", "28.3.5"),
         (D, "A1层", "口罩", 1, "5", "46817"), (D, "A1层", "口罩", 1, "6", "3月5日"),
         (D, "A1层", "口罩", 1, "7", "2028-3-5 至 2029-3-5"), (D, "A1层", "口罩", 1, "8", "05/03/2028")],
        [(MASK, 1, number, "2028-03-05") for number in "1235"],
        ["F5", "F7", "F8", "F9"],
    ),
    Paper(
        "units and remarks in the number",
        [HEAD, (D, "A1层", "钳子", "３ 把"), (D, "A1层", "钳子", "约3"), (D, "A1层", "钳子", "3+2"),
         (D, "A1层", "钳子", "3(坏1)"), (D, "A1层", "钳子", "3(坏)"), (D, "A1层", "钳子", "3/5"),
         (D, "A1层", "钳子", "3打"), (D, "A1层", "钳子", "1,200"), (D, "A1层", "钳子", "1.200"),
         (D, "A1层", "钳子", "2箱3把"), (D, "A1层", "钳子", "三"), (D, "A1层", "钳子", "-3")],
        [(PLIERS, 3, None, None), (PLIERS, 1200, None, None)],
        [f"D{row}" for row in (3, 4, 5, 6, 7, 8, 10, 11, 12, 13)],
    ),
    Paper(
        "notes under the table",
        [("XX站物资清单（2026年10月）",), ("序号", *HEAD), (1, D, "A1层", "钳子", 2), (2, "以下空白"),
         ("小　计", None, None, None, 2), ("注：以上不含外借", None, None, None, None),
         ("本页合计", None, None, None, 2), ("总 计：", None, None, None, 2)],
        [(PLIERS, 2, None, None)],
    ),
    Paper(  # counted against the book: two columns under one heading
        "two amounts under one heading",
        [("站点", "货位", "物资", "数量", None), (None, None, None, "账面", "实盘"), (D, "A1层", "钳子", 5, 3)],
        [(PLIERS, 5, None, None)],
        ["E2", "A2", "B2", "C2", "D2"],
        merged=[(0, 3, 0, 4)],
    ),
    Paper(
        "full and half width",
        [("站 点", "货　位", "物资名称 ", "数量（個）"), ("ＳＴＲ－０００１", "Ａ１层", "钳子", "２"),
         ("str-0001", "a1层", "ＢＲＫ－０１４", " 1 ")],
        [(PLIERS, 2, None, None), (PLIERS, 1, None, None)],
    ),
    Paper(
        "page by page",
        [("第1页",), HEAD, (D, "A1层", "纱布", 10), ("合计", None, None, 10), (), ("第2页",), HEAD,
         (D, "A2层", "灭火器", 1), ("合计", None, None, 1), ("总合计", None, None, 11)],
        [(GAUZE, 10, None, None), (DRY, 1, None, None)],
    ),
]  # fmt: skip
