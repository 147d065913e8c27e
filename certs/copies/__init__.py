"""Purpose-marked copies (加注件): their terms, and the page that shows them. Pure.

Below the faces: who seals a copy (`certs.documents`) and who draws one again (`certs.pdf.verify_page`) both ask here.
"""
