"""Addresses as the actor may see them: a role from which phone numbers are hidden does not find them in a proof either."""

from kernel.work import Work
from master_data.parties.access import STEM
from master_data.scopes.masking import masked_value
from master_data.scopes.rights import rights_of
from messaging.channels import Channel

FIELDS = {Channel.EMAIL: "email", Channel.SMS: "phone"}


async def shown_address(work: Work, channel: Channel, address: str) -> str:
    """``address`` in full, masked or not at all, as the field of the party is."""
    rights, name = await rights_of(work, STEM), FIELDS[channel]
    if rights.hidden(name):
        return ""
    return str(masked_value(address)) if rights.masked(name) and address else address
