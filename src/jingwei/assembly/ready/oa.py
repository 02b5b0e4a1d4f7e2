"""An office system brought to its next version."""

from jingwei.assembly.ready.building import Plan, Risk, Said, Work

plan = Plan(
    "oa-upgrade", "refresh",
    Said("OA 升级", "OA upgrade"),
    Said("流程盘点、升级演练、接口回归与一次周末切换，约三个月。", "Flows counted, the upgrade rehearsed, interfaces tested again, one weekend to switch: some three months."),
    (Said("项目经理", "Project manager"), Said("OA 管理员", "OA administrator"), Said("集成工程师", "Integration engineer"), Said("流程负责人", "Owner of the flows")),
    (
        (Said("盘点", "Stocktaking"), (
            Work("启动会", "Kick-off", 1, 1), Work("流程与表单清单", "List of flows and forms", 8, 4), Work("接口与单点登录清单", "List of interfaces and sign-ons", 5, 3, beside=True),
            Work("二次开发清单", "List of own code", 5, 2, beside=True), Work("保留与停用决定", "What stays and what goes"),
        )),
        (Said("演练", "Rehearsal"), (
            Work("测试环境恢复", "Test system restored", 3, 2), Work("升级演练一", "First rehearsal", 3, 2), Work("问题整改", "Mending", 10, 3), Work("升级演练二", "Second rehearsal", 3, 2), Work("演练通过", "Rehearsal passed"),
        )),
        (Said("回归", "Tests again"), (
            Work("审批流程回归", "Flows", 8, 4), Work("接口回归", "Interfaces", 6, 3, beside=True), Work("移动端回归", "Phones", 4, 2, beside=True), Work("性能与权限检查", "Speed and rights", 4, 2), Work("用户验收", "Accepted by the users"),
        )),
        (Said("切换", "Switch"), (
            Work("通知与培训", "Notices and training", 5, 1), Work("备份与回退方案", "Backup and the way back", 2, 2, beside=True), Work("周末切换", "Switch at a weekend", 2, 2), Work("上线支持", "Support", 8, 2), Work("旧环境下线", "Old system off"),
        )),
    ),
    (
        Risk(Said("二次开发不兼容", "Own code does not fit"), Said("旧版接口被移除。", "Old interfaces are gone."),
             Said("演练一即列出，能用标准功能的不再改写。", "Listed by the first rehearsal; what is standard now is not written again."), "technical", 60, 4, "问题整改", 6),
        Risk(Said("在途流程丢失", "Running flows are lost"), Said("切换时仍有未完结的审批。", "Approvals are open when it is switched."),
             Said("切换前一周停止发起长流程，逐条核对。", "No long flow is begun in the last week; each is checked."), "technical", 30, 5, "周末切换", 3),
        Risk(Said("单点登录失效", "Sign-on fails"), Said("证书与回调地址变化。", "Certificates and addresses change."),
             Said("演练中逐系统验证，准备本地登录。", "Each system is tried in the rehearsal; a local log-in is ready."), "interface", 40, 4, "接口回归", 2),
    ),
    ((Said("停用一年未使用的流程", "Flows that nobody used for a year go"), Said("清单经各部门确认后停用，数据保留可查。", "Each department agrees to its list; the data stay to be looked up."), "保留与停用决定"),),
    Said("两次演练全部通过才进入切换。", "Nothing is switched before both rehearsals have passed."),
)  # fmt: skip
