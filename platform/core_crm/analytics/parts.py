"""What analytics and targets contribute, gathered for the plugin of the package."""

from core_crm.analytics.opportunities import OPPORTUNITY_REPORTS
from core_crm.analytics.pivot import PIVOT_REPORTS
from core_crm.analytics.rfm import PARTY_RFM, RFM_REPORTS, RfmScore, score_all
from core_crm.analytics.sales import SALES_REPORTS
from core_crm.targets.model import Target
from core_crm.targets.report import TARGET_REPORTS
from core_crm.targets.resource import TARGETS
from kernel.i18n import N_
from vertical import Job, NavItem

MODELS = (Target, RfmScore)

RESOURCES = (TARGETS,)

REPORTS = (*OPPORTUNITY_REPORTS, *SALES_REPORTS, *RFM_REPORTS, *TARGET_REPORTS, *PIVOT_REPORTS)

JOBS = (Job(key="core_crm.score_customers", cron="40 2 * * *", run=score_all, timeout_s=1800),)

PANELS = (PARTY_RFM,)

NAVIGATION = (NavItem(label=N_("Targets"), path="/targets", section="sales", permission="crm.target.read", icon="flag", order=40),)
