"""What a bulk query may not ask, in either version of the bulk interface.

What belongs here: judging a planned query. What does not: jobs, and SOQL's own rules (``soql``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-create-job.html
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.soql import Plan
from sallyport_org.soql.tree import FieldGroup, TypeOf

NOT_SERVED = frozenset(
    {
        "AcceptedEventRelation",
        "AccountFeed",
        "AssetFeed",
        "Attachment",
        "CaseStatus",
        "CaseTeamMember",
        "CaseTeamRole",
        "CaseTeamTemplate",
        "CaseTeamTemplateMember",
        "CaseTeamTemplateRecord",
        "ContractStatus",
        "DeclinedEventRelation",
        "KnowledgeArticle",
        "KnowledgeArticleVersion",
        "KnowledgeArticleVersionHistory",
        "KnowledgeArticleViewStat",
        "KnowledgeArticleVoteStat",
        "OrderStatus",
        "PartnerRole",
        "RecentlyViewed",
        "SolutionStatus",
        "TaskPriority",
        "TaskStatus",
        "UndecidedEventRelation",
        "UserRecordAccess",
    }
)
"""Objects the bulk interface refuses (a client's list, observed)."""


FOR_VIEW_ALL_DATA = frozenset({"LoginHistory", "OauthToken", "UserLogin"})
"""Objects only users with *View All Data* read in bulk: what all users did. The refusal is observed
in a client, which objects it is about is assumed."""


def check(plan: Plan, *, sees_all: bool) -> None:
    """Refuse what a bulk query cannot do: the create-time refusals clients look for.

    ``sees_all`` says whether the user has *View All Data*.
    """
    if plan.sobject.name in FOR_VIEW_ALL_DATA and not sees_all:
        raise errors.bulk.view_all_data_needed(plan.sobject.name)
    if plan.sobject.name in NOT_SERVED:
        raise errors.bulk.unsupported_entity(plan.sobject.name)
    query = plan.query
    if query.group_by:
        raise errors.bulk.unsupported_clause("GROUP BY")
    if query.offset is not None:
        raise errors.bulk.unsupported_clause("OFFSET")
    if any(isinstance(one.what, FieldGroup) for one in query.selected):
        raise errors.bulk.unsupported_clause("FIELDS()")
    if any(isinstance(one.what, TypeOf) for one in query.selected):
        raise errors.bulk.unsupported_clause("TYPEOF")
    if plan.grouped or any(one.value.field is None for one in plan.outputs):
        raise errors.bulk.unsupported_clause("aggregate functions")
    if plan.children:
        raise errors.bulk.unsupported_clause("parent to child queries")
    for one in plan.outputs:
        if one.value.kind in ("address", "location"):
            raise errors.bulk.compound()
        if one.value.kind == "base64":
            raise errors.bulk.base64(".".join(one.path))


def chunkable(plan: Plan) -> bool:
    """Say whether PK chunking can split a query: not with ORDER BY or LIMIT (documented)."""
    return not plan.query.order_by and plan.query.limit is None
