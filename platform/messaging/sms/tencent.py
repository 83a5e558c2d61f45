"""Tencent Cloud: SendSms 2021-01-11, signed with TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from kernel import clock
from kernel.egress import EgressFailed, call
from messaging.outgoing.outcome import Outcome, failed, later, sent, unsure
from messaging.sms.provider import Account, Receipt, Text

HOST = "sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
_BUSY = ("LimitExceeded", "RequestLimitExceeded", "InternalError", "FailedOperation.FailResolvePacket")


class Tencent:
    async def send(self, account: Account, text: Text) -> Outcome:
        """Answers HTTP 200 for refusals too: what counts is the ``Code`` of the number."""
        payload = {
            "PhoneNumberSet": [text.phone],
            "SmsSdkAppId": account.app_id,
            "SignName": account.sign_name,
            "TemplateId": text.template,
            "TemplateParamSet": [str(value) for value in text.params.values()],
            "SessionContext": text.idem,
        }
        base = account.url or f"https://{HOST}"
        body, headers = signed(account, payload, host=urlsplit(base).netloc, timestamp=int(clock.now().timestamp()))
        try:
            answer = await call("POST", base.rstrip("/") + "/", headers=headers, body=body, private=account.private)
        except EgressFailed as error:
            return unsure(str(error)) if error.sent else later(str(error))
        return _outcome(answer.status, answer.body)

    def receipts(self, payload: Any) -> Sequence[Receipt]:
        """Reports come as a list, answers one by one."""
        rows = payload if isinstance(payload, list) else [payload]
        return [_receipt(row) for row in rows if isinstance(row, dict) and row.get("mobile")]


def signed(account: Account, payload: Mapping[str, Any], *, host: str, timestamp: int) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a call that Tencent Cloud accepts."""
    body = json.dumps(payload).encode()
    day, kind = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d"), "application/json"
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(["POST", "/", "", f"content-type:{kind}\nhost:{host}\n", "content-type;host", digest])
    scope = f"{day}/sms/tc3_request"
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{account.secret}".encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": kind,
        "Host": host,
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Region": account.region or "ap-guangzhou",
        "X-TC-Timestamp": str(timestamp),
        "Authorization": f"{ALGORITHM} Credential={account.access_key}/{scope}, SignedHeaders=content-type;host, Signature={signature}",
    }


def _outcome(status: int, body: bytes) -> Outcome:
    try:
        said = json.loads(body)["Response"]
        row = said["Error"] if "Error" in said else said["SendStatusSet"][0]
        code, words = str(row["Code"]), f"{row['Code']} {row.get('Message', '')}".strip()
    except (ValueError, LookupError, TypeError):
        return unsure(f"HTTP {status}") if status < 500 else later(f"HTTP {status}")
    if code == "Ok":
        return sent(words, str(row.get("SerialNo", "")) or None)
    return later(words) if code.startswith(_BUSY) else failed(words)


def _receipt(row: Mapping[str, Any]) -> Receipt:
    phone = f"+{row.get('nationcode', '86')}{row['mobile']}" if not str(row["mobile"]).startswith("+") else str(row["mobile"])
    if "text" in row:
        return Receipt(phone=phone, reply=str(row["text"]))
    arrived = row.get("report_status") == "SUCCESS"
    return Receipt(phone=phone, provider_id=str(row.get("sid", "")), arrived=arrived, code=str(row.get("errmsg", "")))
