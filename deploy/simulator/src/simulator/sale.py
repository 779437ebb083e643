"""Orders that are sold here: invented, and known exactly, so that anybody can compare."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

SKUS = 100
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "晓梦安宁嘉禾知远子墨一诺欣怡思源"
_PLACES = (
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("广东省", "深圳市", "南山区", "科苑路"),
    ("四川省", "成都市", "武侯区", "人民南路"),
    ("湖北省", "武汉市", "洪山区", "珞喻路"),
    ("江苏省", "苏州市", "姑苏区", "观前街"),
)
_STREETS = (("CA", "San Francisco", "94103"), ("NY", "New York", "10011"))
_FIRST_NAMES = ("Ada", "Grace", "Alan", "Edith", "Ken", "Barbara")
_LAST_NAMES = ("Stone", "Rivers", "Hill", "Field", "Wells")
CHINESE = frozenset({"taobao", "jd", "pdd", "douyin", "wechat_shop"})


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    title: str
    quantity: int
    unit_price_minor: int

    @property
    def total_minor(self) -> int:
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, slots=True)
class Receiver:
    name: str
    phone: str
    """In the one format, E.164."""
    country: str
    province: str
    city: str
    district: str
    detail: str
    postcode: str


@dataclass(slots=True)
class Sale:
    channel: str
    number: str
    sold_at: datetime
    currency: str
    receiver: Receiver
    lines: tuple[Line, ...]
    freight_minor: int
    discount_minor: int
    """Of the whole order."""
    paid_at: datetime | None = None
    changed_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.changed_at = self.sold_at

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def payable_minor(self) -> int:
        return self.goods_minor + self.freight_minor - self.discount_minor

    def pay(self, at: datetime) -> None:
        self.paid_at = self.changed_at = at

    def facts(self) -> dict[str, Any]:
        """Return what must be found at whoever was told of it."""
        return {
            "channel": self.channel,
            "number": self.number,
            "sold_at": self.sold_at.isoformat(),
            "currency": self.currency,
            "payable_minor": self.payable_minor,
            "paid_minor": self.payable_minor if self.paid_at else 0,
            "name": self.receiver.name,
            "phone": self.receiver.phone,
            "city": self.receiver.city,
            "detail": self.receiver.detail,
            "lines": sorted([one.sku, one.quantity, one.unit_price_minor] for one in self.lines),
        }


class Inventing:
    """Makes one order after the other; with the same seed the same ones, but for their times."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._sold = 0

    def sale(self, channel: str, now: datetime) -> Sale:
        random = self._random
        self._sold += 1
        lines = tuple(
            Line(
                f"SKU-{sku:04d}", f"Article {sku}", random.randint(1, 3), random.randint(500, 9900)
            )
            for sku in random.sample(range(1, SKUS + 1), random.randint(1, 4))
        )
        chinese = channel in CHINESE
        second = now - timedelta(microseconds=now.microsecond)
        return Sale(
            channel=channel,
            number=self._number(channel, now),
            sold_at=second,
            currency="CNY" if chinese else "USD",
            receiver=self._chinese() if chinese else self._american(),
            lines=lines,
            freight_minor=random.choice((0, 0, 500, 1200)),
            discount_minor=random.choice((0, 0, 100, 333)),
        )

    def _number(self, channel: str, now: datetime) -> str:
        """Return a number as the channel has them; never the same twice."""
        count = self._sold
        run = int(now.timestamp() * 1000) % 10**10
        match channel:
            case "pdd":
                return f"{now:%y%m%d}-{run:010d}{count:06d}"
            case "taobao" | "douyin" | "wechat_shop":
                return f"3{run:010d}{count:08d}"  # beyond 2^53
            case "square":
                return f"SQ{run:010d}{count:06d}"
            case _:
                return f"7{run:010d}{count:06d}"

    def _chinese(self) -> Receiver:
        random = self._random
        province, city, district, street = random.choice(_PLACES)
        name = random.choice(_SURNAMES) + "".join(random.sample(_GIVEN, 2))
        detail = f"{street} {random.randint(1, 300)} 号 {random.randint(1, 30)} 幢"
        phone = f"+86138{random.randint(0, 10**8 - 1):08d}"
        return Receiver(name, phone, "CN", province, city, district, detail, "310000")

    def _american(self) -> Receiver:
        random = self._random
        state, city, postcode = random.choice(_STREETS)
        name = f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}"
        phone = f"+1415{random.randint(200, 999)}{random.randint(0, 9999):04d}"
        detail = f"{random.randint(1, 900)} Market Street"
        return Receiver(name, phone, "US", state, city, "", detail, postcode)
