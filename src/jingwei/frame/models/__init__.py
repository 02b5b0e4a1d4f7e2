"""The machinery's own nouns."""

from jingwei.frame.models.coming_in import AccessEvent, FailedTries, PastPassword
from jingwei.frame.models.desk import LongWork, Notification, SavedView
from jingwei.frame.models.identity import ApiToken, Membership, Project, Role, SetupLink, Tenant, User
from jingwei.frame.models.ledger import Demand, GrowthSample, History
from jingwei.frame.models.scoped import ProjectModel, ScopedManager, TenantModel
from jingwei.frame.models.vault import Secret

__all__ = [
    "AccessEvent", "ApiToken", "Demand", "FailedTries", "GrowthSample", "History", "LongWork", "Membership", "Notification", "PastPassword", "Project", "ProjectModel", "Role", "SavedView",
    "ScopedManager", "Secret", "SetupLink", "Tenant", "TenantModel", "User",
]  # fmt: skip
