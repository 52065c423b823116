"""What forms of an edit share, under the name by which the pages of staff know it; `web/kit/edits.py` holds it."""

from web.kit.edits import VERSION as VERSION
from web.kit.edits import conflict as conflict
from web.kit.edits import listed as listed
from web.kit.edits import settled as settled
from web.kit.edits import version_of as version_of
