"""Server-rendered pages for applicants, clerks, auditors and operators; they call the same services as the API."""
