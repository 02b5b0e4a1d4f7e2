"""Customers, quotations and orders between an ERP and a CRM."""

from jingwei.assembly.ready.building import Plan, Risk, Said, Work

plan = Plan(
    "erp-crm", "arrows-exchange",
    Said("ERP–CRM 集成", "ERP–CRM integration"),
    Said("客户、报价、订单与回款在两套系统间双向同步，约四个月。", "Customers, quotations, orders and payments in two systems, both ways, in some four months."),
    (Said("项目经理", "Project manager"), Said("集成工程师", "Integration engineer"), Said("ERP 顾问", "ERP consultant"), Said("CRM 顾问", "CRM consultant"), Said("数据负责人", "Data owner")),
    (
        (Said("范围与口径", "Scope and meaning"), (
            Work("启动与范围确认", "Kick-off and scope", 2, 1), Work("现有流程访谈", "Interviews on what is done today", 6, 4), Work("字段与口径对照", "Fields and what they mean", 8, 2),
            Work("主数据归属决定", "Who owns which data"), Work("接口规格", "Specification of the interfaces", 8, 2), Work("规格评审通过", "Specification accepted"),
        )),
        (Said("数据准备", "Data"), (
            Work("客户去重", "Customers without doubles", 10, 5), Work("代码表整理", "Code tables", 5, 5, beside=True), Work("历史订单范围", "Which old orders go along", 3, 3, beside=True), Work("数据质量达标", "Data good enough"),
        )),
        (Said("接口实现", "Interfaces"), (
            Work("客户主数据接口", "Customers", 8, 2), Work("产品与价格接口", "Products and prices", 8, 2, beside=True), Work("报价与订单接口", "Quotations and orders", 12, 2),
            Work("发货与开票回写", "Deliveries and invoices back", 8, 3), Work("回款接口", "Payments", 6, 3, beside=True), Work("错误与重试规则", "Rules of errors and retries", 4, 2),
        )),
        (Said("试运行", "Trial"), (
            Work("影子运行两周", "Two weeks in the shadow", 10, 2), Work("差异清零", "No difference left", 5, 5), Work("销售团队培训", "Training of the sales people", 4, 4, beside=True), Work("上线批准", "Going live agreed"),
        )),
        (Said("切换", "Cut-over"), (
            Work("分区域切换", "Cut over region by region", 6, 1), Work("上线支持", "Support", 10, 2), Work("移交运维", "Handed over to operations"),
        )),
    ),
    (
        Risk(Said("客户重复", "Customers twice"), Said("两套系统各自建档，名称与税号不一致。", "Both systems made their own, names and tax numbers differ."),
             Said("以税号匹配，其余由数据负责人逐条确认。", "Match by tax number; the data owner decides on the rest."), "masterdata", 70, 4, "客户去重", 5),
        Risk(Said("价格口径不一致", "Prices mean different things"), Said("含税、折扣与币种规则不同。", "Taxes, rebates and currencies differ."),
             Said("在规格中给出每种情形的样例并双方签字。", "An example of every case in the specification, signed by both."), "requirement", 45, 4, "产品与价格接口", 4),
        Risk(Said("厂商接口限流", "The vendor limits calls"), Said("云端 CRM 每日调用次数有限。", "The cloud has a daily limit."),
             Said("按变更增量同步，夜间补齐。", "Changes only, the rest at night."), "interface", 40, 3, "报价与订单接口", 3),
        Risk(Said("年终结账冻结", "Frozen at the end of the year"), Said("结账期间 ERP 禁止变更。", "No change in the ERP while books are closed."),
             Said("切换窗口避开月末与年末。", "No cut-over at the end of a month."), "external", 60, 3, "分区域切换", 6),
    ),
    (
        (Said("客户以 CRM 为准，信用以 ERP 为准", "Customers from the CRM, credit from the ERP"), Said("每个字段只有一个来源；冲突由数据负责人决定。", "Each field has one source; the data owner decides on conflicts."), "主数据归属决定"),
        (Said("历史订单只带未结清的", "Only open orders go along"), Said("已结清订单留在 ERP 供查询。", "What is settled stays in the ERP to be looked up."), "历史订单范围"),
    ),
    Said("客户去重决定进度，应在接口开发前完成。", "Customers without doubles decide on the dates; finish that before the interfaces."),
)  # fmt: skip
