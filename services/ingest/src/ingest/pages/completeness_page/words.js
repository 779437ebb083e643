/** What the page says, in both languages. */
export default {
  en: {
    "title": "Is every order here?", "about": "What each channel says it sold in an hour, beside what arrived. What was missing is fetched by itself.",
    "key": "API key", "enter": "Sign in", "sign_in": "Sign in with a key that may read intake. It stays in this tab.",
    "refused": "This key was not accepted.", "forbidden": "This key may not look at intake.", "away": "The service did not answer. It is asked again in a moment.",
    "span": "Time", "span.24": "24 hours", "span.72": "3 days", "span.168": "7 days", "channel": "Channel", "every": "All channels",
    "sold": "Sold", "received": "Received", "quarantined": "In quarantine", "missing": "Missing", "late": "Came late", "checked": "checked {when}",
    "none": "No hour was compared yet. A shop is compared once its API is configured (CHANNEL_APIS).", "shop": "Shop", "hours": "Hours by shop",
    "complete": "complete", "quiet": "nothing sold", "unchecked": "not compared", "came_late": "complete, some came late", "some_missing": "orders missing", "legend": "What the colours mean",
    "pick": "Choose an hour to see its figures.", "of": "{shop}, {from} – {to}", "explained.missing": "{n} orders are being fetched from the channel.", "explained.late": "{n} orders had not been told of and were fetched.",
    "clock": "Times are those of this device.",
  },
  zh: {
    "title": "订单是否齐全", "about": "逐小时对照渠道的售出清单与实际收到的订单。缺少的订单会自动补取。",
    "key": "API 密钥", "enter": "登录", "sign_in": "请使用有接单读取权限的密钥登录。密钥只保留在当前标签页。",
    "refused": "密钥无效。", "forbidden": "该密钥无权查看接单数据。", "away": "服务没有响应，稍后会自动重试。",
    "span": "时间", "span.24": "24 小时", "span.72": "3 天", "span.168": "7 天", "channel": "渠道", "every": "全部渠道",
    "sold": "售出", "received": "已收到", "quarantined": "隔离中", "missing": "缺少", "late": "迟到", "checked": "核对于 {when}",
    "none": "还没有核对过任何时段。配置店铺接口（CHANNEL_APIS）后会自动核对。", "shop": "店铺", "hours": "各店铺时段",
    "complete": "齐全", "quiet": "没有售出", "unchecked": "未核对", "came_late": "已齐全，部分迟到", "some_missing": "有缺少", "legend": "颜色含义",
    "pick": "点选一个时段查看数字。", "of": "{shop}，{from} – {to}", "explained.missing": "正在向渠道补取 {n} 个订单。", "explained.late": "{n} 个订单渠道未推送，已补取。",
    "clock": "时间按本设备的时区显示。",
  },
};
