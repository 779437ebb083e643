/** What the page says, in both languages. */
export default {
  en: {
    "title": "Operation log", "about": "Who did what to which thing, and why. The newest first.",
    "key": "API key", "enter": "Sign in", "sign_in": "Sign in with a key that may read this service. It stays in this tab.",
    "leave": "Sign out", "q": "Anything", "actor": "Who", "action": "What happened", "subject": "Thing: id, kind or kind:id",
    "order_id": "Order id", "since": "From", "until": "To", "search": "Search", "clear": "Clear", "more": "Show older ones",
    "number": "No.", "at": "When", "thing": "To what", "reason": "Why", "change": "Change", "before": "Before", "after": "After",
    "hash": "Hash", "previous_hash": "Follows", "order": "Order", "show": "Show", "none": "Nothing was found.", "loading": "Loading …",
    "away": "The service did not answer. Try again.", "refused": "This key was not accepted.", "forbidden": "This key may not read the operation log.",
    "count": "{n} shown",
  },
  zh: {
    "title": "操作日志", "about": "谁、对什么、做了什么、为什么。最新的在前。",
    "key": "API 密钥", "enter": "登录", "sign_in": "请使用有本服务读取权限的密钥登录。密钥只保留在当前标签页。",
    "leave": "退出", "q": "任意内容", "actor": "操作人", "action": "操作", "subject": "对象：编号、类别或 类别:编号",
    "order_id": "订单编号", "since": "从", "until": "到", "search": "搜索", "clear": "清空", "more": "显示更早的记录",
    "number": "序号", "at": "时间", "thing": "对象", "reason": "原因", "change": "变更", "before": "变更前", "after": "变更后",
    "hash": "哈希", "previous_hash": "前一条哈希", "order": "订单", "show": "查看", "none": "没有找到记录。", "loading": "加载中……",
    "away": "服务没有响应，请重试。", "refused": "密钥无效。", "forbidden": "该密钥无权读取操作日志。",
    "count": "已显示 {n} 条",
  },
};
