"""The mapping that docs/mappings.md shows is one, and does what is said of it."""

import json
import re
from pathlib import Path

from ingest_material.drafts import NOW
from ingest_material.reading import apply

from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document
from ingest.domain.mapping.steps import STEPS
from ingest.domain.mapping.targets import LINE_FIELDS, ORDER_FIELDS
from ingest.domain.validation import checked

GUIDE = (Path(__file__).parents[4] / "docs" / "mappings.md").read_text("utf-8")
PAYLOAD = {
    "order": {
        "no": "S-1",
        "status": "PAID",
        "post_fee": "6.00",
        "created": "2025-01-22 09:30:00",
        "收货人": "李四",
        "tel": "139-0013-9000",
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "street": "文三路 2 号",
        "total": "25.90",
        "item_list": '[{"code": "SKU-7", "num": 1, "price": "19.90"}]',
    }
}


def test_the_mapping_of_the_guide_reads_an_order() -> None:
    shown = re.search(r"```json\n(.*?)\n```", GUIDE, re.DOTALL)
    assert shown
    mapping = compiled(read_document(json.loads(shown[1])))
    (order,) = apply(mapping, PAYLOAD, channel="stall", shop="one", topic="")
    draft, reasons = checked(order.draft, NOW)
    assert (order.problems, reasons, order.cancelled) == ((), [], None)
    assert (draft.customer.name, draft.customer.phone) == ("李四", "+8613900139000")
    assert draft.address.detail == "浙江省 杭州市 西湖区 文三路 2 号"
    assert (draft.amounts.goods_minor, draft.amounts.payable_minor) == (1990, 2590)


def test_the_guide_tells_every_step_and_every_field() -> None:
    for step in STEPS:
        assert f'"{step}"' in GUIDE, step
    for field in (*ORDER_FIELDS, *LINE_FIELDS):
        assert field.rpartition(".")[2] in GUIDE, field
