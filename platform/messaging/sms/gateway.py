"""Any gateway that takes JSON by HTTPS: ``{"id", "to", "text", "template", "params"}``, signed in ``X-Signature``.

It answers 200 with ``{"status": "accepted", "id": ...}``, or ``{"status": "rejected", "message": ...}``; 409 means that it has this
``id`` already, which counts as accepted.  429 and 5xx mean: not now.  Receipts come as ``{"id", "to", "arrived"}`` and answers as
``{"from", "text"}``.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from kernel.egress import EgressFailed, EgressRefused, call
from messaging.outgoing.outcome import Outcome, failed, later, sent
from messaging.sms.provider import Account, Receipt, Text


class Gateway:
    async def send(self, account: Account, text: Text) -> Outcome:
        """Safe to repeat, as the gateway knows the message by its ``id``."""
        row = {"id": text.idem, "to": text.phone, "text": text.words, "template": text.template, "params": dict(text.params)}
        body = json.dumps(row, ensure_ascii=False).encode()
        signature = hmac.new(account.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": f"sha256={signature}"}
        try:
            answer = await call("POST", account.url, headers=headers, body=body, private=account.private)
        except EgressRefused as error:
            return failed(str(error))
        except EgressFailed as error:
            return later(str(error))
        try:
            said = json.loads(answer.body)
            status, words, known = str(said.get("status", "")), str(said.get("message", "")), str(said.get("id", "")) or None
        except (ValueError, AttributeError):
            status, words, known = "", "", None
        if (answer.status == 200 and status == "accepted") or answer.status == 409:
            return sent(f"{answer.status} {status}", known or text.idem)
        if answer.status == 429 or answer.status >= 500:
            return later(f"HTTP {answer.status} {words}")
        return failed(f"HTTP {answer.status} {words}".strip())

    def receipts(self, payload: Any) -> Sequence[Receipt]:
        rows = payload if isinstance(payload, list) else [payload]
        found = []
        for row in rows:
            if not isinstance(row, dict):
                continue
            if "from" in row:
                found.append(Receipt(phone=str(row["from"]), reply=str(row.get("text", ""))))
            elif "id" in row:
                phone, arrived, code = str(row.get("to", "")), row.get("arrived") is True, str(row.get("message", ""))
                found.append(Receipt(phone=phone, provider_id=str(row["id"]), arrived=arrived, code=code))
        return found
