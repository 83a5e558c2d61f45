"""Names of parties in the form in which two spellings of the same name are equal."""

import re
import unicodedata

# Longest first: 股份有限公司 ends with 有限公司.
_LEGAL_FORMS = ("股份有限公司", "有限责任公司", "股份公司", "有限公司")
_LATIN_FORMS = re.compile(
    r"(?:\b(?:co|company|corp|corporation|inc|incorporated|limited|ltd|llc|llp|plc|gmbh|ag|sarl|bv|pty)\b[\s.,]*)+$",
)
_NOISE = re.compile(r"[\W_]+")


def normalise(name: str) -> str:
    """``name`` without what people leave out or write differently: case, width, spaces, punctuation and the legal form.

    北京经纬（科技）有限公司 and 北京经纬(科技) 有限责任公司 come out equal, as do Acme Co., Ltd. and ACME.
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    text = _LATIN_FORMS.sub("", text)
    bare = _NOISE.sub("", text)
    for form in _LEGAL_FORMS:
        if bare.endswith(form) and bare != form:
            bare = bare.removesuffix(form)
            break
    return bare or _NOISE.sub("", unicodedata.normalize("NFKC", name).casefold()) or name.strip()


def masked(name: str) -> str:
    """Enough of a person's name to know whom to ask: 王小明 is 王**."""
    return name[:1] + "*" * (len(name) - 1) if name else name
