"""Starts children that seal, says who they are, and waits to be killed: `python -m … FOLDER`."""

import asyncio
import sys
from pathlib import Path

from certs.crypto.keys import load_signer
from certs.documents.model import DocumentSeals
from certs.layout.fonts import load_fonts
from certs.pki.identity import Identity
from exchange.service.key_opening import KeyOpener
from exchange.service.sealing_pool import KeyStore, SealingPool
from tests.certs.documents.world import seals
from tests.exchange.service.test_sealing_pool import SECRET, batch_of, many


async def main(folder: Path) -> None:
    uris, found, made = {}, [], seals()
    for name, identity in (("ofd", made.ofd.identity), ("pdf", made.pdf.identity)):
        uri = (folder / f"{name}.pem").as_uri()
        key = load_signer(uri, SECRET)
        uris[key.kid] = uri
        found.append(Identity(key, identity.certificate, identity.chain))
    with_keys = DocumentSeals(type(made.ofd)(made.ofd.seal_der, found[0]), type(made.pdf)(found[1]))
    async with SealingPool(KeyStore(uris, KeyOpener(SECRET)), processes=2, fonts=load_fonts()) as pool:
        await pool.seal(batch_of(with_keys), many(40))
        assert pool._children is not None
        sys.stdout.write(" ".join(map(str, pool._children._processes)) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
