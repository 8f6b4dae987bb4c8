"""From a file's bytes to its text: refusing what is no text, and finding the encoding."""

import io
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tools.core.errors import BadArguments, DataRefused

BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
BINARY = {
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"%PDF": "a PDF document",
    b"SQLite format 3\x00": "a SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Office document (.xls, .doc)",
    b"\x89HDF": "an HDF5 file",
    b"ARROW1": "an Arrow/Feather file",
    b"\x93NUMPY": "a NumPy array",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
}
LEGACY = ("cp1252", "gb18030", "cp949", "big5", "cp932", "cp1251", "cp1250")
EVIDENCE = 200_000
"""Bytes of lines with non-ASCII characters that are weighed to tell encodings apart."""

HANZI = set(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小"
    "么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知"
    "名男女是否编号性别年龄城市地址电话日期金额数量价格类型产品客户状态部门职业工资收入月份标签备注省区县路"
    "北京上海广州深圳天津重庆成都武汉杭州南京西安苏长沙沈阳青岛宁波无锡福厦门大连合肥昆明济哈尔滨郑石太原"
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "明伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超霞平刚桂华建国民志永红玉海云安新光东西南元万亿流失率分总用户高低"
)
HANGUL = set(
    "이다는에가을하의고지도한기로사대어자서해시리은일아수부정인를나그과구주전보것들장성상제조동스원년간공유국"
    "적만여으세라있었없않게오산경영마소모비진선신실문방위문생선학교회무면내거최미식안용점더말물발관후연속안우"
    "재치트드바심계중양음금저타남여김박강윤임황권송류홍서울부산대구인천광주울종경북충청전라제주특별시군읍면동"
    "번호이름성별나이주소전화날짜금액수량가격상품고객상태부서직업급여월급합격불합격등급네니오석민현준지혜은"
)
WESTERN = set("àâäãáåæçéèêëíìîïñóòôöõøœúùûüýÿßšžÀÂÄÃÁÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŸŠŽðþÐÞ")
CENTRAL = set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰăâîșțşţĂÂÎŞŢľĺŕôäöüÄÖÜßđĐçÇë")
MARKS = set("€£¥§°±²³µ·«»‘’“”‚„†•…‰‹›–—™©®¼½¾¿¡¢¤ªº×÷`´\u00a0№")


class Decoded(NamedTuple):
    """A file's text, the encoding it was read with, and what to say about it."""

    text: str
    encoding: str
    notes: list[str]


def refuse_binary(data: bytes, path: Path) -> None:
    """DataRefused when the first bytes are those of a known binary format or mostly control characters."""
    kind = next((kind for magic, kind in BINARY.items() if data.startswith(magic)), None)
    if data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05":
        kind = "a pickle"
    head = data[:65536]
    if kind is None and not _is_wide(head):
        controls = len(head) - len(head.translate(None, _CONTROLS))
        kind = "binary" if controls > max(1, len(head) // 200) or head.count(0) > 2 else None
    if kind:
        raise DataRefused(
            f"{path.name!r} is {kind}, not a table.", "Give a CSV, TSV, Parquet or .xlsx file of the table."
        )


_CONTROLS = bytes([*range(9), *range(14, 26), 28, 29, 30, 31, 127])


def _is_wide(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or _wide_without_mark(head) != ""


def _wide_without_mark(head: bytes) -> str:
    """utf-16-le or utf-16-be when every second byte of mostly ASCII text is NUL, else ''."""
    pairs = len(head) // 2
    if pairs < 4:
        return ""
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > pairs * 0.4 and even <= pairs * 0.02:
        return "utf-16-le"
    return "utf-16-be" if even > pairs * 0.4 and odd <= pairs * 0.02 else ""


def decode(data: bytes, path: Path, given: str | None = None, cut: bool = False) -> Decoded:
    """The text of `data` and its encoding. `cut`: only a head was read, its last character may be torn."""
    if given:
        return Decoded(_as_told(data, path, given, cut), given, [])
    encoding = next((name for mark, name in BOMS if data.startswith(mark)), "")
    encoding = encoding or _wide_without_mark(data[:65536])
    refuse_binary(data, path)
    text = _try(data, encoding or "utf-8", cut)
    if text is not None:
        return Decoded(text.removeprefix("\ufeff"), (encoding or "utf-8").removesuffix("-sig"), [])
    if encoding:
        return _mended(data, encoding)
    return _legacy(data, cut)


def _as_told(data: bytes, path: Path, given: str, cut: bool) -> str:
    try:
        text = _decode(data, given, cut)
    except UnicodeError as exc:
        at = getattr(exc, "start", 0)
        where = f" at line {data.count(10, 0, at) + 1}" if isinstance(at, int) else ""
        raise DataRefused(
            f"{path.name!r} is not {given} text: it has bytes{where} that {given} does not have.",
            "Leave --encoding away to have it found, or name another.",
            "encoding",
        ) from exc
    except LookupError as exc:
        raise BadArguments(
            f"{given!r} is no text encoding.", "Name one such as utf-8, cp1252, gb18030 or cp949.", "encoding"
        ) from exc
    return text.removeprefix("\ufeff")


def _decode(data: bytes, encoding: str, cut: bool) -> str:
    if not cut:
        return data.decode(encoding)
    import codecs

    data.decode(encoding, "ignore")  # an unknown or non-text codec is refused here, by name
    return codecs.getincrementaldecoder(encoding)().decode(data)


def _try(data: bytes, encoding: str, cut: bool) -> str | None:
    try:
        return _decode(data, encoding, cut)
    except UnicodeError:
        return None


def _mended(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    said = f"{bad} bytes are not {encoding}; each was replaced by \ufffd."
    return Decoded(text.removeprefix("\ufeff"), encoding.removesuffix("-sig"), [said])


def _legacy(data: bytes, cut: bool) -> Decoded:
    """An encoding older than Unicode, or UTF-8 with a few broken bytes."""
    sequences = len(re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", data[: 1 << 20]))
    broken = data[: 1 << 20].decode("utf-8", "replace").count("\ufffd")
    if sequences > 20 * broken:
        return _mended(data, "utf-8")
    for encoding in _ranked(_evidence(data)):
        text = _try(data, encoding, cut)
        if text is not None:
            return Decoded(text, encoding, [f"The file is not UTF-8; it was read as {encoding}."])
    return Decoded(data.decode("latin-1"), "latin-1", ["The file is not UTF-8; it was read as latin-1."])


def _evidence(data: bytes) -> bytes:
    """Lines with non-ASCII bytes: those of the head, or of the whole file when the head has few."""
    lines = io.BytesIO()
    for found in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*[\r\n]?", data):
        lines.write(found.group())
        if lines.tell() > EVIDENCE:
            break
    return lines.getvalue()


def _ranked(evidence: bytes) -> list[str]:
    """The legacy encodings, the likeliest first; charset-normalizer breaks what is nearly a tie."""
    scores = {name: _score(evidence, name) for name in LEGACY}
    ranked = sorted(LEGACY, key=lambda name: -scores[name])
    if scores[ranked[0]] - scores[ranked[1]] < 0.1:
        second = _second_opinion(evidence)
        if second in ranked[:3] and scores[ranked[0]] - scores[second] < 0.1:
            ranked.insert(0, second)
    return list(dict.fromkeys(ranked))


def _second_opinion(evidence: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(evidence[:20_000], cp_isolation=list(LEGACY)).best()
    return best.encoding if best else ""


def _score(evidence: bytes, encoding: str) -> float:
    """How like writing the non-ASCII characters look in `encoding`: about 1 for sense, below 0 for noise."""
    text = evidence.decode(encoding, "replace")
    runs = re.findall(r"([A-Za-z]?)([^\x00-\x7f]+)(?=([A-Za-z]?))", text)
    weigh = _weigh_wide if encoding in ("gb18030", "cp949", "big5", "cp932") else _weigh_narrow
    total = sum(weigh(run, encoding, bool(before and after)) for before, run, after in runs)
    return total / max(1, sum(len(run) for _, run, _ in runs)) - _HANDICAP.get(encoding, 0.0)


_HANDICAP = {"cp1250": 0.12, "cp1251": 0.05, "big5": 0.15, "cp932": 0.1}
"""The rarer encodings must be clearly better."""


def _weigh_wide(run: str, encoding: str, inside: bool) -> float:
    return sum(_weigh_ideograph(char, encoding) for char in run)


def _weigh_ideograph(char: str, encoding: str) -> float:
    if char in "，。、；：？！（）《》【】“”‘’·…—￥　「」":
        return 0.6
    code = ord(char)
    if encoding == "cp949" and 0xAC00 <= code <= 0xD7A3:
        return 1.0 if char in HANGUL else 0.2
    if encoding == "cp932" and 0x3040 <= code <= 0x30FF:
        return 1.0
    if encoding in ("gb18030", "big5", "cp932") and 0x4E00 <= code <= 0x9FFF:
        return 0.9 if char in HANZI else 0.35
    return 0.1 if 0xFF01 <= code <= 0xFF5E else -1.0


def _weigh_narrow(run: str, encoding: str, inside: bool) -> float:
    """`inside`: ASCII letters stand on both sides, where a mark (as ³ in Mi³osz) is out of place."""
    letters = {"cp1252": WESTERN, "cp1250": CENTRAL}.get(encoding)
    if letters is None:
        return _weigh_cyrillic(run)
    mark = -1.0 if inside else 0.6
    weight = sum(0.9 if c in letters else mark if c in MARKS else -1.0 for c in run)
    return weight if len(run) <= 2 else weight - 1.5 * len(run)


def _weigh_cyrillic(run: str) -> float:
    """Frequent small letters are what tells Russian from other bytes: most bytes are some Cyrillic letter."""
    swapped = sum(a.islower() and b.isupper() for a, b in pairwise(run))
    lone = 0.5 * len(run) if len(run) < 2 else 0.0
    weights = (
        1.0 if c in "оеаинтсрвлкмдпуяыьгзбч" else 0.3 if "\u0400" <= c <= "\u04ff" else 0.2 if c in MARKS else -1.0
        for c in run
    )
    return sum(weights) - lone - swapped
