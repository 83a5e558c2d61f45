"""The audit log: who did what and when, written in the transaction that did it and never changed after."""

from identity.audit.service import record

__all__ = ["record"]
