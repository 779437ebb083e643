"""Makes up customers and what they buy: plausible, different each time, the same for one seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.sale import MALL, POS, SHOPIFY, WOOCOMMERCE, Item, Receiver, Sale

SKUS = 96
"""The SKUs after these are kept for orders that need one for themselves."""

_NAMES = (
    "王秀英",
    "李建国",
    "张丽华",
    "刘洋",
    "陈思远",
    "杨晓梅",
    "赵一鸣",
    "周子涵",
    "吴桂芳",
    "徐浩然",
)
_PLACES = (
    ("浙江省", "杭州市", "西湖区文三路 {} 号", "310012"),
    ("广东省", "深圳市", "南山区科苑路 {} 号", "518057"),
    ("四川省", "成都市", "锦江区春熙路 {} 号", "610021"),
    ("北京市", "北京市", "海淀区中关村大街 {} 号", "100080"),
    ("湖北省", "武汉市", "洪山区珞喻路 {} 号", "430079"),
    ("江苏省", "南京市", "鼓楼区中山路 {} 号", "210008"),
    ("福建省", "厦门市", "思明区湖滨南路 {} 号", "361004"),
    ("陕西省", "西安市", "雁塔区高新路 {} 号", "710075"),
)
_NAMES_ABROAD = (
    "Tan Wei Ling",
    "Lim Jun Jie",
    "Nurul Aisyah",
    "Priya Nair",
    "Daniel Koh",
    "Ong Mei",
)
_STREETS_ABROAD = ("Orchard Road", "Tanjong Pagar Road", "Bukit Timah Road", "East Coast Road")
_GOODS = (
    ("龙井绿茶 250 g", 12_800),
    ("茉莉花茶 100 g", 4_900),
    ("紫砂茶壶", 19_900),
    ("青瓷茶杯 2 只", 7_800),
    ("桂花糕 6 块", 3_690),
    ("手工挂面 1 kg", 1_980),
    ("宫保鸡丁 预制菜", 2_990),
    ("番茄牛腩 预制菜", 4_590),
    ("五常大米 5 kg", 8_990),
    ("武夷岩茶 150 g", 16_800),
)
_METHODS = {
    SHOPIFY: ("alipay", "wechat_pay"),
    WOOCOMMERCE: ("stripe", "paypal"),
    MALL: ("alipay", "unionpay"),
    POS: ("card", "wechat_pay"),
}
_DOLLAR_YUAN = 7
# In what currency a channel sells, and its freight.
_TERMS = {
    SHOPIFY: ("CNY", 600),
    WOOCOMMERCE: ("USD", 950),
    MALL: ("CNY", 800),
    POS: ("CNY", 0),
}


@dataclass(frozen=True, slots=True)
class Inventor:
    random: Random
    run: str
    """Digits that no other run has, so that numbers are new each time."""
    now: datetime

    def sale(self, channel: str, count: int) -> Sale:
        """Make up the sale of this number; it is paid."""
        currency, freight_minor = _TERMS[channel]
        placed_at = self.now - timedelta(seconds=self.random.randint(600, 3_600))
        number = f"{self.run}{count:04d}"
        return Sale(
            channel=channel,
            number=number
            if channel in (SHOPIFY, WOOCOMMERCE)
            else f"{channel[0].upper()}-{number}",
            reference=_reference(channel, number),
            currency=currency,
            placed_at=placed_at,
            receiver=self._abroad() if channel == WOOCOMMERCE else self._at_home(),
            items=tuple(self._item(channel) for _ in range(self.random.randint(1, 4))),
            freight_minor=freight_minor,
            discount_minor=self.random.choice((0, 0, 500)) if channel in (SHOPIFY, MALL) else 0,
            method=self.random.choice(_METHODS[channel]),
            paid_at=placed_at + timedelta(seconds=self.random.randint(20, 300)),
        )

    def _item(self, channel: str) -> Item:
        number = self.random.randint(1, SKUS)
        title, price_minor = _GOODS[number % len(_GOODS)]
        quantity = self.random.randint(1, 3)
        unit_minor = price_minor // _DOLLAR_YUAN if channel == WOOCOMMERCE else price_minor
        # Shopify tells of discounts for the whole order only.
        has_discount = channel != SHOPIFY and self.random.random() < 0.2  # noqa: PLR2004
        return Item(
            sku=f"SKU-{number:04d}",
            title=title,
            quantity=quantity,
            unit_minor=unit_minor,
            discount_minor=quantity * unit_minor // 10 if has_discount else 0,
        )

    def _at_home(self) -> Receiver:
        province, city, street, postcode = self.random.choice(_PLACES)
        return Receiver(
            name=self.random.choice(_NAMES),
            phone=f"138 {self.random.randint(0, 9999):04d} {self.random.randint(0, 9999):04d}",
            country="CN",
            province=province,
            city=city,
            street=street.format(self.random.randint(1, 399)),
            postcode=postcode,
        )

    def _abroad(self) -> Receiver:
        street = self.random.choice(_STREETS_ABROAD)
        return Receiver(
            name=self.random.choice(_NAMES_ABROAD),
            phone=f"+65 9{self.random.randint(100, 799)} {self.random.randint(0, 9999):04d}",
            country="SG",
            province="",
            city="Singapore",
            street=f"{self.random.randint(1, 399)} {street}",
            postcode=f"{self.random.randint(100_000, 799_999)}",
        )


def _reference(channel: str, number: str) -> str:
    """Return what each channel calls a payment; of Shopify's, reports show the order's name."""
    names = {SHOPIFY: f"#{number}", WOOCOMMERCE: f"txn_{number}", MALL: f"20{number}", POS: number}
    return names[channel]
