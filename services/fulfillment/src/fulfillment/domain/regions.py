"""Where the regions orders go to lie: centres, for telling near warehouses from far ones."""

from functools import lru_cache

from fulfillment.domain.distance import Point

# Chinese name, English name, latitude, longitude of the middle of the province.
_PROVINCES = (
    ("北京", "Beijing", 40.18, 116.41),
    ("天津", "Tianjin", 39.30, 117.33),
    ("河北", "Hebei", 39.55, 116.13),
    ("山西", "Shanxi", 37.57, 112.29),
    ("内蒙古", "Inner Mongolia", 44.09, 113.94),
    ("辽宁", "Liaoning", 41.30, 122.60),
    ("吉林", "Jilin", 43.67, 126.17),
    ("黑龙江", "Heilongjiang", 47.86, 127.76),
    ("上海", "Shanghai", 31.20, 121.45),
    ("江苏", "Jiangsu", 32.98, 119.46),
    ("浙江", "Zhejiang", 29.18, 120.09),
    ("安徽", "Anhui", 31.83, 117.23),
    ("福建", "Fujian", 26.08, 117.99),
    ("江西", "Jiangxi", 27.62, 115.72),
    ("山东", "Shandong", 36.37, 118.15),
    ("河南", "Henan", 33.88, 113.61),
    ("湖北", "Hubei", 30.98, 112.27),
    ("湖南", "Hunan", 27.63, 111.71),
    ("广东", "Guangdong", 23.33, 113.43),
    ("广西", "Guangxi", 23.83, 108.79),
    ("海南", "Hainan", 19.19, 109.75),
    ("重庆", "Chongqing", 30.06, 107.87),
    ("四川", "Sichuan", 30.62, 102.69),
    ("贵州", "Guizhou", 26.82, 106.88),
    ("云南", "Yunnan", 24.98, 101.49),
    ("西藏", "Tibet", 31.69, 88.09),
    ("陕西", "Shaanxi", 35.19, 108.87),
    ("甘肃", "Gansu", 38.10, 101.03),
    ("青海", "Qinghai", 35.74, 96.04),
    ("宁夏", "Ningxia", 37.29, 106.16),
    ("新疆", "Xinjiang", 41.11, 85.19),
    ("台湾", "Taiwan", 23.75, 120.95),
    ("香港", "Hong Kong", 22.38, 114.14),
    ("澳门", "Macau", 22.16, 113.57),
)
_OTHER_NAMES = {
    "xizang": "西藏",
    "neimenggu": "内蒙古",
    "neimongol": "内蒙古",
    "macao": "澳门",
    "hk": "香港",
    "tw": "台湾",
    "mo": "澳门",
    "臺灣": "台湾",
    "澳門": "澳门",
}
_SUFFIXES = (
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "省",
    "市",
    "uygurautonomousregion",
    "zhuangautonomousregion",
    "huiautonomousregion",
    "specialadministrativeregion",
    "autonomousregion",
    "municipality",
    "province",
    "city",
    "sar",
)
_CHINA = frozenset({"CN", "CHN", "CHINA", "中国", "中华人民共和国"})
_COUNTRIES = {
    "JP": Point(36.20, 138.25),
    "KR": Point(35.91, 127.77),
    "SG": Point(1.35, 103.82),
    "MY": Point(4.21, 101.98),
    "TH": Point(15.87, 100.99),
    "VN": Point(14.06, 108.28),
    "PH": Point(12.88, 121.77),
    "ID": Point(-0.79, 113.92),
    "IN": Point(20.59, 78.96),
    "RU": Point(61.52, 105.32),
    "KZ": Point(48.02, 66.92),
    "AE": Point(23.42, 53.85),
    "SA": Point(23.89, 45.08),
    "TR": Point(38.96, 35.24),
    "DE": Point(51.17, 10.45),
    "FR": Point(46.23, 2.21),
    "GB": Point(55.38, -3.44),
    "IT": Point(41.87, 12.57),
    "ES": Point(40.46, -3.75),
    "NL": Point(52.13, 5.29),
    "BE": Point(50.50, 4.47),
    "CH": Point(46.82, 8.23),
    "AT": Point(47.52, 14.55),
    "PL": Point(51.92, 19.15),
    "SE": Point(60.13, 18.64),
    "US": Point(37.09, -95.71),
    "CA": Point(56.13, -106.35),
    "MX": Point(23.63, -102.55),
    "BR": Point(-14.24, -51.93),
    "AU": Point(-25.27, 133.78),
    "NZ": Point(-40.90, 174.89),
    "ZA": Point(-30.56, 22.94),
}


def _squeezed(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


_BY_NAME = {
    _squeezed(name): Point(latitude, longitude)
    for chinese, english, latitude, longitude in _PROVINCES
    for name in (chinese, english)
}
_BY_NAME |= {other: _BY_NAME[chinese] for other, chinese in _OTHER_NAMES.items()}


@lru_cache(maxsize=4096)
def centre(country: str, region: str) -> Point | None:
    """Return the middle of a Chinese province or of another country, or None: unknown."""
    code = country.strip().upper()
    if code in _CHINA:
        return _province(region)
    return _COUNTRIES.get(code) or _BY_NAME.get(_squeezed(code))


def _province(region: str) -> Point | None:
    name = _squeezed(region)
    if name in _BY_NAME:
        return _BY_NAME[name]
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return _BY_NAME.get(name.removesuffix(suffix))
    return None
