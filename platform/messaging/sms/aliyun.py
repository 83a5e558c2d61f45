"""Alibaba Cloud: SendSms 2017-05-25, signed with ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from kernel import clock
from kernel.egress import EgressFailed, call
from kernel.ids import new_id
from messaging.outgoing.outcome import Outcome, failed, later, sent, unsure
from messaging.sms.provider import Account, Receipt, Text

HOST = "dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
_BUSY = ("isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "Throttling", "ServiceUnavailable", "InternalError")


class Aliyun:
    async def send(self, account: Account, text: Text) -> Outcome:
        """Answers HTTP 200 for refusals too: what counts is ``Code``."""
        query = {
            "PhoneNumbers": text.phone.removeprefix("+86") if text.phone.startswith("+86") else text.phone.removeprefix("+"),
            "SignName": account.sign_name,
            "TemplateCode": text.template,
            "TemplateParam": json.dumps(dict(text.params), ensure_ascii=False, separators=(",", ":")),
            "OutId": text.idem,
        }
        base = account.url or f"https://{HOST}"
        target, headers = signed(account, query, host=urlsplit(base).netloc, now=clock.now(), nonce=new_id().hex)
        try:
            answer = await call("POST", base.rstrip("/") + target, headers=headers, private=account.private)
        except EgressFailed as error:
            return unsure(str(error)) if error.sent else later(str(error))
        return _outcome(answer.status, answer.body)

    def receipts(self, payload: Any) -> Sequence[Receipt]:
        """SmsReport and SmsUp come as lists by HTTP."""
        rows = payload if isinstance(payload, list) else [payload]
        return [_receipt(row) for row in rows if isinstance(row, dict) and row.get("phone_number")]


def signed(account: Account, query: Mapping[str, str], *, host: str, now: datetime, nonce: str) -> tuple[str, dict[str, str]]:
    """Path with query, and headers, of a call that Alibaba Cloud accepts."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25",
        "x-acs-date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": empty,
    }
    names = ";".join(sorted(headers))
    sorted_query = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", sorted_query, lines, names, empty])
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(account.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"{ALGORITHM} Credential={account.access_key},SignedHeaders={names},Signature={signature}"
    return f"/?{sorted_query}", headers


def _outcome(status: int, body: bytes) -> Outcome:
    try:
        said = json.loads(body)
        code, words = str(said.get("Code", "")), f"{said.get('Code', '')} {said.get('Message', '')}".strip()
    except (ValueError, AttributeError):
        return unsure(f"HTTP {status}") if status < 500 else later(f"HTTP {status}")
    if status == 200 and code == "OK":
        return sent(words, str(said.get("BizId", "")) or None)
    return later(words) if code.startswith(_BUSY) else failed(words)


def _receipt(row: Mapping[str, Any]) -> Receipt:
    phone = f"+86{row['phone_number']}" if not str(row["phone_number"]).startswith("+") else str(row["phone_number"])
    if "content" in row:
        return Receipt(phone=phone, reply=str(row["content"]))
    return Receipt(
        phone=phone, provider_id=str(row.get("biz_id", "")), arrived=row.get("success") is True, code=str(row.get("err_code", ""))
    )
