"""Marks a PDF/A-3 as Factur-X: its metadata say which attached file is the invoice, and of which profile. Pure.

typst attaches the file, and cannot write these properties (Factur-X 1.0, section 6: an extension schema of XMP
and four values). They are put into the metadata by an incremental update: the file stays as it was, the changed
object and a table that leads to it follow. So the same file gives the same bytes.
"""

import re

SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES = {
    "DocumentFileName": "name of the embedded XML file",
    "DocumentType": "INVOICE",
    "Version": "version of the XML schema of the invoice",
    "ConformanceLevel": "profile of the invoice",
}
METADATA = re.compile(
    rb"(\d+) 0 obj\n<</Length \d+/Type/Metadata/Subtype/XML>>\nstream\n(.*?)\nendstream", re.DOTALL
)
TRAILER = re.compile(rb"trailer\n<<(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL)
SCHEMAS = b"<pdfaExtension:schemas><rdf:Bag>"
PART = b"<pdfaid:part>"


class NotMarked(ValueError):
    """This file has not the form that typst gives a PDF/A-3; a mistake of ours, or another typst."""


def marked(pdf: bytes, *, file: str, profile: str) -> bytes:
    """The PDF with the properties of Factur-X, for an attached `file` of this `profile` (such as EN 16931)."""
    metadata, trailer = METADATA.search(pdf), TRAILER.search(pdf)
    if not metadata or not trailer or metadata[2].count(SCHEMAS) != 1 or metadata[2].count(PART) != 1:
        raise NotMarked()
    xmp = metadata[2].replace(SCHEMAS, SCHEMAS + _schema())
    xmp = xmp.replace(PART, _values(file, profile) + PART)
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    number, place = int(metadata[1]), len(body)
    changed = b"%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%b\nendstream\nendobj\n"
    body += changed % (number, len(xmp), xmp)
    table = b"xref\n%d 1\n%010d 00000 n\r\ntrailer\n<<%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return body + table % (number, place, trailer[1], int(trailer[2]), len(body))


def _schema() -> bytes:
    properties = "".join(
        f"""<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{told}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"""
        for name, told in PROPERTIES.items()
    )
    return f"""<rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{SPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>""".encode()


def _values(file: str, profile: str) -> bytes:
    values = {"DocumentType": "INVOICE", "DocumentFileName": file, "Version": "1.0", "ConformanceLevel": profile}
    told = "".join(f'<fx:{name} xmlns:fx="{SPACE}">{value}</fx:{name}>' for name, value in values.items())
    return told.encode()
