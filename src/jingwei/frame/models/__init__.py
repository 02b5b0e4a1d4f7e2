"""The machinery's own nouns."""

from jingwei.frame.models.alarm import Alarm, DutyDone
from jingwei.frame.models.approval import Case, Deputy, StageRule, Vote
from jingwei.frame.models.carried import Attachment, Comment, Follower, Tag, Tagging
from jingwei.frame.models.coming_in import AccessEvent, FailedTries, PastPassword
from jingwei.frame.models.custom import CustomField, Extended
from jingwei.frame.models.desk import Arrangement, Letter, LongWork, NoticeChoices, Notification, SavedView
from jingwei.frame.models.document import DocumentText, DocumentVersion
from jingwei.frame.models.edge import Edge
from jingwei.frame.models.found import SearchFill, SearchLine
from jingwei.frame.models.identity import ApiToken, Membership, Project, Role, SetupLink, Tenant, User
from jingwei.frame.models.imports import ImportColumns, ImportFile
from jingwei.frame.models.ledger import Counter, Demand, GrowthSample, History
from jingwei.frame.models.scoped import ProjectModel, ScopedManager, TenantModel
from jingwei.frame.models.spelt import SpeltField
from jingwei.frame.models.vault import Secret
from jingwei.frame.models.webhook import Sending, Webhook

__all__ = [
    "AccessEvent", "Alarm", "ApiToken", "Arrangement", "Attachment", "Case", "Comment", "Counter", "CustomField", "Demand", "Deputy", "DocumentText", "DocumentVersion", "DutyDone", "Edge", "Extended", "FailedTries", "Follower",
    "GrowthSample", "History", "ImportColumns", "ImportFile", "Letter", "LongWork", "Membership", "NoticeChoices", "Notification", "PastPassword", "Project", "ProjectModel", "Role", "SavedView", "ScopedManager", "SearchFill",
    "SearchLine", "Secret", "Sending", "SetupLink", "SpeltField", "StageRule", "Tag", "Tagging", "Tenant", "TenantModel", "User", "Vote", "Webhook",
]  # fmt: skip
