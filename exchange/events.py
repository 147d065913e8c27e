"""The closed list of evidence events, `noun:verb-past`, as a public specification (docs/events.md says the same).

A kind is never reused with another meaning; a retired kind stays here with the word "retired".
"""

from types import MappingProxyType

EVENTS = MappingProxyType(
    {
        "hub:initialised": "The hub was set up; its keys and log origin are named.",
        "key:generated": "A signing key was made; its kid, algorithm and role are named.",
        "access:client-registered": "A department's system got an OAuth client; its key thumbprints are named.",
        "access:officer-registered": "An officer of a department got an account.",
        "access:token-issued": "An access token was issued to a department's system for a verified officer.",
        "access:login-failed": "A log-in was refused.",
        "access:login-succeeded": "A person logged in to a console.",
        "catalog:department-registered": "A department was entered in the catalogue.",
        "catalog:resource-published": "A catalogue entry was published after its lint passed.",
        "catalog:resource-withdrawn": "A catalogue entry was withdrawn.",
        "catalog:service-item-published": "A service item with its requirements was published.",
        "catalog:evidence-type-published": "An evidence type was published.",
        "catalog:grant-issued": "A department was granted fields of a resource for named service items.",
        "catalog:grant-suspended": "A grant was suspended; queries under it are refused from then on.",
        "catalog:grant-resumed": "A suspended grant is in force again.",
        "catalog:grant-revoked": "A grant was revoked for good.",
        "catalog:imported": "A catalogue file was imported; its digest and counts are named.",
        "adapter:chunk-stored": "A chunk of pulled records was stored; counts and digest are named.",
        "adapter:run-started": "A pull began.",
        "adapter:run-completed": "A pull ended; its counts of rows are named.",
        "adapter:run-failed": "A pull stopped; the old data stays served; the reason is named.",
        "certificate:issue-intended": "An identifier was reserved and a certificate is about to be signed.",
        "certificate:issued": "A certificate was signed and stored.",
        "certificate:issue-abandoned": "An intent left by a crash was given up; its identifier is never reused.",
        "certificate:status-changed": "A certificate changed its state, with reason and authority.",
        "certificate:superseded": "A certificate was replaced by its next version.",
        "status-list:published": "Status lists were signed and published.",
        "case:opened": "A department opened a case for an applicant.",
        "case:resolved": "The evidence of a case was resolved: what is satisfied and what is still needed.",
        "case:closed": "A case was closed.",
        "case:demand-refused": "A department asked again for what is available and was refused (条例 Art. 19).",
        "case:demand-recorded": "A department asked for a material that is not available.",
        "query:answered": "Fields of a shared record were released for a case.",
        "query:refused": "A query was refused; the reasons are named.",
        "certificate:reused": "A department used an existing certificate for a case.",
        "material:submitted": "A material was uploaded for a case.",
        "material:accepted": "A clerk checked a material against the original and accepted it.",
        "material:rejected": "A clerk rejected a material.",
        "presentation:offered": "A holder showed a one-time code.",
        "presentation:claimed": "A clerk scanned the code; the asking department is named to the holder.",
        "presentation:confirmed": "The holder agreed to the release.",
        "presentation:refused": "The holder refused the release.",
        "presentation:collected": "The agreed fields were released to the clerk.",
        "presentation:expired": "A code expired unused.",
        "evidence:exported": "An auditor exported an evidence bundle.",
        "subject:erased": "A subject key was destroyed; its commitments can no longer be opened.",
        "operator:action-taken": "An operator started a pull, replayed quarantine or acted on a source.",
        "verification:performed": "A document or receipt was verified through the hub.",
    }
)
