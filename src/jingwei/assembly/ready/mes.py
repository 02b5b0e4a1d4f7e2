"""A manufacturing execution system for one plant."""

from jingwei.assembly.ready.building import Plan, Risk, Said, Work

plan = Plan(
    "mes-rollout", "database",
    Said("单工厂 MES 上线", "MES rollout at one plant"),
    Said("从立项到移交约七个月：蓝图、网络与终端、数据、接口、试运行、分线切换。", "From kick-off to hand-over in some seven months: blueprint, network and terminals, data, interfaces, trial run, cut-over line by line."),
    (
        Said("项目经理", "Project manager"), Said("MES 顾问", "MES consultant"), Said("集成工程师", "Integration engineer"),
        Said("数据工程师", "Data engineer"), Said("现场工程师", "Site engineer"), Said("关键用户", "Key user"),
    ),
    (
        (Said("启动与蓝图", "Kick-off and blueprint"), (
            Work("项目启动会", "Kick-off meeting", 1, 1), Work("现场调研", "Survey on the site", 10, 2), Work("网络与取电勘察", "Survey of network and power", 5, 5, beside=True),
            Work("业务蓝图", "Business blueprint", 15, 2), Work("接口清单与口径", "List of interfaces and what they mean", 8, 3, beside=True), Work("蓝图评审通过", "Blueprint accepted"),
        )),
        (Said("环境与现场", "Environment and site"), (
            Work("服务器与数据库就绪", "Servers and database ready", 5, 3), Work("网络布线与取电", "Cabling and power", 15, 5, beside=True), Work("终端安装调试", "Terminals installed", 10, 5),
            Work("设备数采接入", "Machines connected", 15, 5), Work("现场条件确认", "Site accepted"),
        )),
        (Said("配置与开发", "Configuration and development"), (
            Work("基础配置", "Basic configuration", 15, 2), Work("报表与看板", "Reports and boards", 12, 2, beside=True), Work("物料与工艺数据清洗", "Materials and routings cleaned", 20, 4, beside=True),
            Work("ERP 工单接口", "Work orders from the ERP", 12, 3), Work("报工与库存接口", "Confirmations and stock", 12, 3, beside=True), Work("接口影子运行", "Interfaces in the shadow", 10, 3),
        )),
        (Said("测试与培训", "Tests and training"), (
            Work("集成测试", "Integration test", 10, 2), Work("关键用户测试", "Test by key users", 8, 6), Work("班组培训", "Training of the shifts", 10, 6, beside=True), Work("上线准备评审", "Ready to go live"),
        )),
        (Said("切换与支持", "Cut-over and support"), (
            Work("期初数据导入", "Opening data loaded", 3, 4), Work("首条产线切换", "First line cut over", 3, 1), Work("其余产线切换", "Other lines cut over", 10, 1),
            Work("上线支持", "Support after going live", 20, 2), Work("验收与移交", "Acceptance and hand-over"),
        )),
    ),
    (
        Risk(Said("主数据质量不达标", "Master data not good enough"), Said("物料编码重复、工艺路线缺失，两套口径并存。", "Materials twice, routings missing, two ways of counting."),
             Said("先跑数据质量规则，业务部门逐批签字。", "Run the rules of quality first; each batch is signed by its department."), "masterdata", 60, 4, "物料与工艺数据清洗", 8),
        Risk(Said("产线停机窗口被压缩", "Less time to stop the lines"), Said("旺季订单增加，停线时间减半。", "More orders in the season, half the time to stop."),
             Said("分线切换，提前四周与生产锁定窗口。", "Cut over line by line; agree on the days four weeks before."), "site", 45, 5, "首条产线切换", 5),
        Risk(Said("网络与取电条件不具备", "Network or power missing"), Said("部分工位无网口，配电改造依赖外部施工队。", "Places without a socket; the power depends on others."),
             Said("勘察后一周内下达整改单并每周跟踪。", "Order the mending within a week of the survey, follow it weekly."), "technical", 35, 3, "网络布线与取电", 6),
        Risk(Said("接口厂商联调资源不足", "Vendor short of people for the interfaces"), Said("厂商同时承接多个项目。", "The vendor has several projects at once."),
             Said("合同约定联调窗口，先用模拟接口测试。", "Agree on days in the contract; test against a simulated interface first."), "interface", 50, 4, "ERP 工单接口", 6),
        Risk(Said("关键用户参与不足", "Key users have no time"), Said("班组长兼任关键用户。", "Shift leaders are the key users as well."),
             Said("由厂长确认名单，参与计入考核。", "The plant manager names them and counts it."), "people", 40, 3, "关键用户测试", 4),
    ),
    (
        (Said("主数据以 ERP 为准", "The ERP holds the master data"), Said("物料、供应商与工艺以 ERP 为唯一来源，MES 只读。", "Materials, suppliers and routings come from the ERP; the MES only reads them."), "接口清单与口径"),
        (Said("分线切换", "Cut over line by line"), Said("先切换一条产线，稳定一周后切换其余产线。", "One line first, the others after a quiet week."), "首条产线切换"),
    ),
    Said("主要风险在主数据与停机窗口，两项均须在蓝图评审前落实责任人。", "Master data and the days to stop are what endangers most; both need an owner before the blueprint is accepted."),
)  # fmt: skip
