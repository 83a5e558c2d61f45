"""Background jobs: enqueued in the transaction that wants them, run by a worker in a unit of work of their own.

pgqueuer stands behind this package; nobody else imports it.
"""

from kernel.jobs.queue import Spec, enqueue, enqueue_platform, job, platform_job
from kernel.jobs.schema import install
from kernel.jobs.worker import Tenants, Worker

__all__ = ["Spec", "Tenants", "Worker", "enqueue", "enqueue_platform", "install", "job", "platform_job"]
