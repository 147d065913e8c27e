"""Electronic certificates (电子证照), seals (电子印章), their verification, and the evidence log.

Imports none of the other packages: an outsider can take `certs` alone and verify offline (`python -m certs`).
"""
