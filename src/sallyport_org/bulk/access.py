"""Whose bulk jobs are whose: a job shows rows and fields its creator may see, others perhaps not.

What belongs here: finding a job for somebody. What does not: keeping jobs (``jobs``).
"""

from __future__ import annotations

from sallyport_org.bulk.jobs import Job
from sallyport_org.identity.model import VIEW_ALL_DATA
from sallyport_org.web import Context


def jobs_for(context: Context) -> list[Job]:
    """Return the caller's jobs, oldest first; everybody's for users with *View All Data* (assumed).

    Somebody else's job is to the others one that does not exist (assumed).
    """
    org, user = context.org, context.session.user
    jobs = org.jobs.all(org.clock.now())
    if org.directory.may(user, VIEW_ALL_DATA):
        return jobs
    return [one for one in jobs if one.created_by == user.id]


def job_for(context: Context, job_id: str) -> Job | None:
    """Return a job the caller may handle by its 15- or 18-character id, or None."""
    job = context.org.jobs.find(job_id, context.org.clock.now())
    if job is None or job.created_by == context.session.user.id:
        return job
    return job if context.org.directory.may(context.session.user, VIEW_ALL_DATA) else None
