"""Sealing jobs over HTTP: an operator orders, a worker seals, progress and refused rows are read here."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from exchange.http.deps import Caller, Hub, Key, Limit, as_json, frame_of, parsed
from exchange.http.schemas import SealingBody
from exchange.model import Role
from exchange.model_sealing import JobState, RowState, SealingJob, SealingRow
from exchange.service.documents import refuse_file
from exchange.service.roles import require

router = APIRouter(prefix="/api/v1/sealing-jobs", tags=["sealing"])
_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": SealingBody.model_json_schema()}}}
}
_Cursor = Annotated[str, Query(max_length=256)]
_LOOK_AGAIN = "2"


@router.post("", status_code=202, openapi_extra=_BODY)
async def order(request: Request, who: Caller, key: Key, hub: Hub) -> Response:
    """Order OFD and PDF for every valid certificate of a type that has none; a job under way is joined.

    Only what the hub draws from its records is sealed: a document sent here is refused.
    """
    refuse_file(request.headers.get("content-type", ""))
    return _accepted(await hub.documents.sealing.order(who, parsed(request, SealingBody).type, key=key))


@router.get("")
async def jobs(request: Request, who: Caller, hub: Hub, *, limit: Limit = 50, cursor: _Cursor = "") -> Response:
    """Sealing jobs, newest first, with a `Link: rel="next"` while there are older ones."""
    require(who, Role.OPERATOR)
    cursors, purpose = frame_of(request).cursors, f"sealing-jobs:{who.officer}"
    before = cursors.read(cursor, purpose=purpose) if cursor else None
    found = await hub.documents.sealing.newest(limit + 1, before)
    page, headers = found[:limit], {}
    if len(found) > limit:
        following = cursors.write((page[-1].created_at, page[-1].id), purpose=purpose)
        headers["link"] = f'</api/v1/sealing-jobs?limit={limit}&cursor={following}>; rel="next"'
    return as_json({"items": [_job(job) for job in page]}, headers=headers)


@router.get("/{job_id}")
async def job(job_id: UUID, who: Caller, hub: Hub) -> Response:
    """A job with its progress and rate."""
    require(who, Role.OPERATOR)
    found = await hub.documents.sealing.get(job_id)
    return as_json(_job(found), headers={"retry-after": _LOOK_AGAIN} if found.state is JobState.OPEN else {})


@router.get("/{job_id}/rows")
async def rows(
    request: Request,
    job_id: UUID,
    who: Caller,
    hub: Hub,
    *,
    state: RowState | None = None,
    limit: Limit = 50,
    cursor: _Cursor = "",
) -> Response:
    """What came of each certificate, by identifier, with a `Link: rel="next"` while there are more."""
    require(who, Role.OPERATOR)
    cursors, purpose = frame_of(request).cursors, f"sealing-rows:{job_id}:{state}:{who.officer}"
    after = cursors.read_text(cursor, purpose=purpose) if cursor else ""
    found = await hub.documents.sealing.rows(job_id, state, after=after, limit=limit + 1)
    page, headers = found[:limit], {}
    if len(found) > limit:
        query = f"limit={limit}&cursor={cursors.write_text(page[-1].identifier, purpose=purpose)}"
        filtered = f"state={state}&{query}" if state else query
        headers["link"] = f'</api/v1/sealing-jobs/{job_id}/rows?{filtered}>; rel="next"'
    return as_json({"items": [_row(row) for row in page]}, headers=headers)


@router.post("/{job_id}/retries", status_code=202)
async def retry(job_id: UUID, who: Caller, hub: Hub) -> Response:
    """Try the refused rows again, and only those; a stopped job goes on."""
    return _accepted(await hub.documents.sealing.order_again(who, job_id))


def _accepted(job: SealingJob) -> Response:
    headers = {"location": f"/api/v1/sealing-jobs/{job.id}", "retry-after": _LOOK_AGAIN}
    return as_json(_job(job), 202, headers)


def _job(job: SealingJob) -> dict[str, object]:
    return {
        "id": job.id,
        "type": job.type_code,
        "state": job.state.value,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "stopped": {"code": job.stopped, "detail": job.stopped_detail} if job.stopped else None,
        "total": job.total,
        "done": job.done,
        "sealed": job.sealed,
        "existing": job.existing,
        "refused": job.refused,
        "per_second": round(job.rate, 1),
    }


def _row(row: SealingRow) -> dict[str, object]:
    refusal = {"code": row.reason, "detail": row.detail} if row.reason else None
    return {"identifier": row.identifier, "state": row.state.value, "refused": refusal, "done_at": row.done_at}
