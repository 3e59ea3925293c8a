"""Objects and fields out of metadata files, as an administrator's project keeps them.

What belongs here: reading the files of a folder into changes of a schema. What does not: making
the changes (``schema.deploy``).

Both spellings are read: source format (``objects/X__c/X__c.object-meta.xml`` with ``fields``,
``validationRules`` and ``recordTypes`` beside it) and metadata format (``objects/X__c.object``).
Documented: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customobject.htm

Public names: :func:`read`, :class:`Reading`, :class:`MetadataError`.
"""

from __future__ import annotations

from sallyport_org.schema.metadata.folder import Reading, read
from sallyport_org.schema.metadata.xml import MetadataError

__all__ = ["MetadataError", "Reading", "read"]
