"""The only table from errors to problem documents (RFC 9457). docs/problems.md has one heading per slug.

An error finds its row through its class and then its bases; what has no row is `internal`, and says nothing but
its trace id. Titles come in both languages; details are the first line of the class's docstring, never a message,
because messages may quote what was sent.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from adapters.errors import AdaptersError, AddressRefusedError, ManifestInvalidError, PullAlreadyRunningError, TsaError
from catalog import errors as catalog
from certs import errors as certs
from certs.copies.errors import CopyTermsRefused
from certs.errors.layout import PhotoMissing
from certs.evidence import errors as evidence
from certs.journal import errors as journal
from certs.seals import errors as seals
from exchange import errors as own
from exchange.http.faults import Fault
from exchange.outages import OUTAGES, RETRY_SECONDS, is_outage
from exchange.service.keys import NoSignerError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("exchange.http")


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of problem: HTTP status and titles. The slug is the last part of its `type` and its `code`."""

    status: int
    zh: str
    en: str


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        # ---- the request itself ----
        "bad-request": Row(400, "请求格式不正确", "The request is not well formed"),
        "malformed-json": Row(400, "JSON 不合规范", "The body is not strict JSON"),
        "cursor-invalid": Row(400, "翻页标记无效", "The page cursor is not valid here"),
        "request-id-missing": Row(400, "缺少 Idempotency-Key", "The Idempotency-Key header is missing or malformed"),
        "not-found": Row(404, "没有该资源", "There is nothing here"),
        "method-not-allowed": Row(405, "不支持该方法", "The method is not allowed here"),
        "too-slow": Row(408, "请求发送过慢", "The request took too long to arrive"),
        "body-too-large": Row(413, "请求内容过大", "The body is too large"),
        "media-type": Row(415, "不支持该内容类型", "The content type is not accepted here"),
        "invalid-input": Row(422, "请求内容不合要求", "The request does not meet its description"),
        "rate-limited": Row(429, "请求过于频繁", "Too many requests"),
        "headers-too-large": Row(431, "请求头过大", "The header section is too large"),
        # ---- who asks ----
        "token-invalid": Row(401, "访问令牌无效", "The access token is not valid"),
        "client-refused": Row(401, "系统身份验证失败", "The client could not be authenticated"),
        "officer-refused": Row(400, "经办人身份验证失败", "The officer could not be verified"),
        "token-request-invalid": Row(400, "令牌请求不正确", "The token request is not acceptable"),
        "login-refused": Row(401, "用户名或密码错误", "User name or password is wrong"),
        "login-locked": Row(429, "登录已暂时锁定", "Log-in is locked for a while"),
        "not-allowed": Row(403, "该角色无权操作", "This role may not do this"),
        "registration-refused": Row(422, "无法登记", "The registration is not acceptable"),
        # ---- queries ----
        "query-refused": Row(403, "查询超出授权", "The query is outside what was granted"),
        "grant-rate-exceeded": Row(429, "本分钟的授权查询次数已用完", "The grant's queries of this minute are used up"),
        "subject-unavailable": Row(404, "无法提供该主体的记录", "No record of this subject can be released"),
        "request-id-reused": Row(422, "请求编号已用于其他内容", "The request id was used with another body"),
        "request-in-flight": Row(409, "相同请求正在处理", "The same request is being answered"),
        "personal-data": Row(422, "此处不得填写个人信息", "Personal data is not allowed in this field"),
        # ---- cases, materials, presentations, certificates ----
        "conflict": Row(409, "当前状态不允许", "The present state does not allow this"),
        "material-refused": Row(422, "材料不能接收", "The material cannot be accepted"),
        "code-not-accepted": Row(404, "亮证码无效", "The code is not accepted"),
        "copy-refused": Row(422, "加注件不能制作", "The copy cannot be made on these terms"),
        "copy-code-unknown": Row(404, "验证码无效", "No copy has this verification code"),
        "gone": Row(410, "已失效", "It is over"),
        "photo-missing": Row(409, "证照载明的照片不在库中", "The photo the certificate states is not on file"),
        "document-refused": Row(422, "文件或凭证不能接受", "The document or token cannot be accepted"),
        "batch-started": Row(409, "该次验证已经开始", "The verification has started already"),
        "batch-full": Row(422, "一次验证的文件已达上限", "The verification takes no more documents"),
        "catalogue-refused": Row(422, "目录内容不能接受", "The catalogue change cannot be accepted"),
        "manifest-refused": Row(422, "接入清单不能接受", "The manifest cannot be accepted"),
        "source-failed": Row(502, "来源系统不可用", "A department's system did not answer properly"),
        # ---- seals ----
        "seal-refused": Row(422, "印章文件不能接受", "The seal cannot be accepted"),
        "seal-making-refused": Row(403, "不得在此制作印章", "Seals are not made here"),
        "seal-act-refused": Row(409, "该印章操作不被允许", "This act on the seal is not allowed"),
        "seal-use-refused": Row(409, "该印章现在不得使用", "The seal may not be used for this now"),
        # ---- the hub ----
        "not-published-yet": Row(409, "尚未进入已公布的日志", "Not under a published checkpoint yet"),
        "log-unsound": Row(503, "存证日志异常，暂停写入", "The evidence log is unsound; nothing is written"),
        "cannot-sign": Row(503, "暂时无法签名", "The hub cannot sign at present"),
        "overloaded": Row(503, "系统繁忙", "The hub is overloaded"),
        "timeout": Row(503, "处理超时", "The request was not answered in time"),
        "not-ready": Row(503, "服务未就绪", "The hub is not ready"),
        "internal": Row(500, "系统内部错误", "Something went wrong inside the hub"),
    }
)

SLUGS: Mapping[type[Exception], str] = MappingProxyType(
    {
        own.ExchangeError: "internal",
        own.LogUnsoundError: "log-unsound",
        own.AccessError: "token-invalid",
        own.ClientRefusedError: "client-refused",
        own.OfficerRefusedError: "officer-refused",
        own.TokenRequestError: "token-request-invalid",
        own.LoginRefusedError: "login-refused",
        own.LoginLockedError: "login-locked",
        own.RegistrationRefusedError: "registration-refused",
        own.NotAllowedError: "not-allowed",
        own.QueryRefusedError: "query-refused",
        own.GrantRateExceededError: "grant-rate-exceeded",
        own.SubjectUnavailableError: "subject-unavailable",
        own.RequestReusedError: "request-id-reused",
        own.RequestInFlightError: "request-in-flight",
        own.CaseNotFoundError: "not-found",
        own.CaseExistsError: "conflict",
        own.CaseClosedError: "conflict",
        own.ServiceItemUnknownError: "not-found",
        own.EvidenceTypeUnknownError: "not-found",
        own.CertificateNotHeldError: "not-found",
        own.CodeNotAcceptedError: "code-not-accepted",
        own.TooManyMissesError: "rate-limited",
        own.PresentationNotFoundError: "not-found",
        own.PresentationOverError: "gone",
        own.NothingRequestedError: "conflict",
        own.CopyNotFoundError: "not-found",
        own.CopyGoneError: "gone",
        own.CopyLimitError: "rate-limited",
        own.CopyFormatError: "invalid-input",
        own.CopyCodeUnknownError: "copy-code-unknown",
        CopyTermsRefused: "copy-refused",
        own.MaterialNotFoundError: "not-found",
        own.MaterialRefusedError: "material-refused",
        own.SubjectInvalidError: "invalid-input",
        own.GrantMissingError: "conflict",
        own.IssuerUnknownError: "not-found",
        own.TileNotFoundError: "not-found",
        own.ManifestMissingError: "not-found",
        own.NotInitialisedError: "not-ready",
        own.EmbeddedDatabaseError: "not-ready",
        own.KeyNotFoundError: "not-found",
        own.KeyUncertifiedError: "cannot-sign",
        own.KeyUnfitError: "conflict",
        own.KeyStillTrustedError: "conflict",
        own.KeyNeededError: "conflict",
        own.VerifierBusyError: "overloaded",
        own.BatchRefusedError: "document-refused",
        own.BatchNotFoundError: "not-found",
        own.BatchRunningError: "conflict",
        own.BatchStartedError: "batch-started",
        own.BatchFullError: "batch-full",
        own.SealUnavailableError: "cannot-sign",
        own.SealingStoppedError: "cannot-sign",
        own.SealingJobNotFoundError: "not-found",
        own.FaceNotMadeError: "not-found",
        own.AuthorityRefusedError: "document-refused",
        own.AuthorityNotFoundError: "not-found",
        own.DepartmentUnknownError: "not-found",
        own.StoreOutdatedError: "not-ready",
        NoSignerError: "cannot-sign",
        certs.CertsError: "document-refused",
        PhotoMissing: "photo-missing",
        certs.JsonRefused: "malformed-json",
        certs.AlgorithmUnavailable: "cannot-sign",
        certs.KeyUnreadable: "cannot-sign",
        certs.CertificateNotFound: "not-found",
        certs.CertificateExists: "conflict",
        certs.IssuanceInProgress: "conflict",
        certs.TransitionRefused: "conflict",
        seals.SealMalformed: "seal-refused",
        seals.SealVersionUnsupported: "seal-refused",
        seals.SealAlgorithmRefused: "seal-refused",
        seals.SealMakingRefused: "seal-making-refused",
        seals.SealNotFound: "not-found",
        seals.SealExists: "conflict",
        seals.SealActRefused: "seal-act-refused",
        seals.SealUseRefused: "seal-use-refused",
        evidence.EvidenceError: "document-refused",
        evidence.PersonalDataInEntry: "personal-data",
        evidence.TileMissing: "not-found",
        journal.JournalError: "internal",
        journal.LogMissing: "log-unsound",
        journal.LogUnsound: "log-unsound",
        journal.EntryUnknown: "not-found",
        journal.EntryNotPublished: "not-published-yet",
        journal.SubjectErased: "gone",
        catalog.CatalogError: "catalogue-refused",
        catalog.UnknownEntryError: "not-found",
        catalog.EntryExistsError: "conflict",
        catalog.ResourceInUseError: "conflict",
        catalog.GrantStateError: "conflict",
        AdaptersError: "source-failed",
        ManifestInvalidError: "manifest-refused",
        AddressRefusedError: "manifest-refused",
        PullAlreadyRunningError: "conflict",
        TsaError: "cannot-sign",
    }
)

_STATUS_SLUGS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "media-type"}


def slug_of(error: Exception) -> str:
    """The slug of an error: its class's row, else the nearest base's, else `internal`."""
    return next((SLUGS[kind] for kind in type(error).__mro__ if kind in SLUGS), "internal")


def status_of(error: Exception) -> int:
    """The HTTP status of an error, for pages that show it their own way."""
    return ROWS[slug_of(error)].status


def problem(
    slug: str,
    *,
    trace_id: str,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """One problem document; `members` are extensions, `headers` go with it."""
    row = ROWS[slug]
    body: dict[str, object] = {
        "type": f"/problems/{slug}",
        "title": row.zh,
        "title_en": row.en,
        "status": row.status,
        "code": slug,
        "trace_id": trace_id,
    }
    if detail:
        body["detail"] = detail
    body |= members or {}
    sent = {"content-language": "zh-CN, en", "cache-control": "private, no-store", **(headers or {})}
    return Response(orjson.dumps(body), row.status, sent, MEDIA_TYPE)


def trace_of(scope: Mapping[str, object]) -> str:
    """The trace id the guard gave this request."""
    return str(scope.get("yzt.trace") or secrets.token_hex(16))


async def on_domain_error(request: Request, error: Exception) -> Response:
    """An error of ours, by the table."""
    slug = slug_of(error)
    if ROWS[slug].status >= 500:
        _log.error("problem %s trace=%s", slug, trace_of(request.scope), exc_info=error)
    members, headers = _extensions(error)
    detail = "" if slug == "internal" else _told(type(error))
    return problem(slug, trace_id=trace_of(request.scope), detail=detail, headers=headers, members=members)


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault of the request found by the frame itself."""
    assert isinstance(error, Fault)
    return problem(error.slug, trace_id=trace_of(request.scope), detail=error.detail, headers=error.headers)


async def on_invalid(request: Request, error: Exception) -> Response:
    """The request does not fit its schema; names the places, never the values."""
    assert isinstance(error, RequestValidationError)
    found = [
        {"where": [str(part)[:60] for part in item["loc"]], "what": item["type"], "message": _safe_message(item)}
        for item in error.errors()[:20]
    ]
    slug = "malformed-json" if any(item["what"] == "json_invalid" for item in found) else "invalid-input"
    return problem(slug, trace_id=trace_of(request.scope), members={"errors": found})


async def on_http(request: Request, error: Exception) -> Response:
    """What routing itself refuses."""
    assert isinstance(error, HTTPException)
    slug = _STATUS_SLUGS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal")
    return problem(slug, trace_id=trace_of(request.scope), headers=error.headers)


async def on_outage(request: Request, error: Exception) -> Response:
    """Database, disk or object store are away: one line in the log, and when to ask again."""
    if not is_outage(error):
        raise error
    _log.error("outage %s trace=%s", type(error).__name__, trace_of(request.scope))
    return problem("not-ready", trace_id=trace_of(request.scope), headers={"retry-after": str(RETRY_SECONDS)})


async def on_unknown(request: Request, error: Exception) -> Response:
    """Anything else: the trace id finds it in the log, the answer says nothing."""
    _log.error("unexpected error trace=%s", trace_of(request.scope), exc_info=error)
    return problem("internal", trace_id=trace_of(request.scope))


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = MappingProxyType(
    {
        own.ExchangeError: on_domain_error,
        certs.CertsError: on_domain_error,
        catalog.CatalogError: on_domain_error,
        AdaptersError: on_domain_error,
        NoSignerError: on_domain_error,
        Fault: on_fault,
        RequestValidationError: on_invalid,
        HTTPException: on_http,
        **dict.fromkeys(OUTAGES, on_outage),
        Exception: on_unknown,
    }
)


async def answer_error(request: Request, error: Exception) -> Response:
    """The problem document of any error, by its nearest handler."""
    handler = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    return await handler(request, error)


def _told(kind: type[Exception]) -> str:
    """The first line of the class's docstring; what it says to readers of the code alone is left out."""
    return (kind.__doc__ or "").split("\n", 1)[0].removesuffix(" Next: see the subclass.")


def _safe_message(item: Mapping[str, object]) -> str:
    """Pydantic's sentence for standard rules; our own validators' sentences are constants and safe as well."""
    return str(item.get("msg", ""))[:200]


def _extensions(error: Exception) -> tuple[dict[str, object], dict[str, str]]:
    """Members and headers a problem document of this error carries beyond the common ones."""
    if isinstance(error, own.QueryRefusedError):
        reasons = [{"code": code, "zh": zh, "en": en, "names": names} for code, zh, en, names in error.reasons]
        headers = {"retry-after": str(error.retry_after)} if isinstance(error, own.GrantRateExceededError) else {}
        return {"event_id": str(error.event_id), "reasons": reasons}, headers
    if isinstance(error, own.SubjectUnavailableError):
        return {"event_id": str(error.event_id)}, {}
    if isinstance(error, own.LoginLockedError):
        return {}, {"retry-after": str(error.retry_after)}
    if isinstance(error, own.RequestInFlightError | journal.EntryNotPublished):
        return {}, {"retry-after": "1"}
    if isinstance(error, own.TokenRefusedError | own.LoginRefusedError):
        return {}, {"www-authenticate": 'Bearer error="invalid_token"'}
    return _about_refusal(error) | _token_endpoint(error), {}


def _about_refusal(error: Exception) -> dict[str, object]:
    """What is special: which roles may, which term of a copy, why an act on a seal, by which standard it was made."""
    if isinstance(error, own.NotAllowedError):
        return {"roles": error.needed}
    if isinstance(error, CopyTermsRefused):
        return {"where": error.where, "reason": error.reason}
    if isinstance(error, seals.SealUseRefused):
        return {"why": error.why}
    if isinstance(error, seals.SealActRefused):
        reason = {"code": error.reason.value, "zh": error.reason.zh, "en": error.reason.en}
        return {"act": error.act, "reason": reason}
    return {"standard": error.standard} if isinstance(error, seals.SealVersionUnsupported) else {}


def _token_endpoint(error: Exception) -> dict[str, object]:
    """The member RFC 6749 §5.2 clients look for."""
    if isinstance(error, own.TokenRequestError):
        return {"error": error.error, "error_description": error.reason}
    if isinstance(error, own.ClientRefusedError):
        return {"error": "invalid_client"}
    return {"error": "invalid_grant"} if isinstance(error, own.OfficerRefusedError) else {}
