"""The describe answers, unfolded from the compact definitions.

What belongs here: the shapes of ``/sobjects``, ``/sobjects/X`` and ``/sobjects/X/describe`` and the
rules that fill their keys. What does not: reading definitions (``notation``) and HTTP (``rest``).

Key sets observed in recorded answers of a real org; meaning of each documented at
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.html
"""

from __future__ import annotations

from typing import Any

from sallyport_org.schema.model import Field, Schema, SObject

Json = dict[str, Any]

MASTER_RECORD_TYPE = "012000000000000AAA"

SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "long": "xsd:long",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "base64": "xsd:base64Binary",
    "address": "urn:address",
    "location": "urn:location",
    "anyType": "xsd:anyType",
}

_GLOBAL_ABILITIES = {
    "createable": "create",
    "deepCloneable": "deepclone",
    "deletable": "delete",
    "feedEnabled": "feed",
    "layoutable": "layout",
    "mergeable": "merge",
    "mruEnabled": "mru",
    "queryable": "query",
    "replicateable": "replicate",
    "retrieveable": "retrieve",
    "searchable": "search",
    "triggerable": "trigger",
    "undeletable": "undelete",
    "updateable": "update",
}


def describe_field(one: Field) -> Json:
    """Return the 57 keys of one field, in alphabetical order as Salesforce sends them."""
    return {
        "aggregatable": one.aggregatable,
        "aiPredictionField": False,
        "autoNumber": one.auto_number,
        "byteLength": one.byte_length,
        "calculated": one.calculated,
        "calculatedFormula": one.formula,
        "cascadeDelete": one.cascade,
        "caseSensitive": one.case_sensitive,
        "compoundFieldName": one.compound,
        "controllerName": one.controller,
        "createable": one.createable,
        "custom": one.custom,
        "defaultValue": one.default,
        "defaultValueFormula": one.default_formula,
        "defaultedOnCreate": one.defaulted,
        "dependentPicklist": one.controller is not None,
        "deprecatedAndHidden": False,
        "digits": one.digits,
        "displayLocationInDecimal": one.type == "location",
        "encrypted": one.type == "encryptedstring",
        "externalId": one.external_id,
        "extraTypeInfo": one.extra,
        "filterable": one.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": one.blanks_as_zero,
        "groupable": one.groupable,
        "highScaleNumber": False,
        "htmlFormatted": one.html,
        "idLookup": one.id_lookup,
        "inlineHelpText": one.help,
        "label": one.label,
        "length": one.length,
        "mask": "*" if one.mask else None,
        "maskType": one.mask,
        "name": one.name,
        "nameField": one.name_field,
        "namePointing": one.name_pointing,
        "nillable": one.nillable,
        "permissionable": one.permissionable,
        "picklistValues": [
            {
                "active": value.active,
                "defaultValue": value.default,
                "label": value.label,
                "validFor": value.valid_for,
                "value": value.value,
            }
            for value in one.picklist
        ],
        "polymorphicForeignKey": len(one.refers_to) > 1,
        "precision": one.precision,
        "queryByDistance": one.type in ("address", "location"),
        "referenceTargetField": None,
        "referenceTo": list(one.refers_to),
        "relationshipName": one.relationship,
        "relationshipOrder": one.relationship_order,
        "restrictedDelete": one.restricted_delete,
        "restrictedPicklist": one.restricted,
        "scale": one.scale,
        "searchPrefilterable": one.prefilterable,
        "soapType": SOAP_TYPES.get(one.type, "xsd:string"),
        "sortable": one.sortable,
        "type": one.type,
        "unique": one.unique,
        "updateable": one.updateable,
        "writeRequiresMasterRead": False,
    }


def describe_global(schema: Schema, version: str) -> Json:
    """Return the answer of ``/sobjects`` for an API version written ``60.0``."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [summary(one, version) for one in schema],
    }


def summary(sobject: SObject, version: str) -> Json:
    """Return what ``/sobjects`` says of one object (also ``objectDescribe`` of ``/sobjects/X``)."""
    shape: Json = {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
    }
    shape |= {key: ability in sobject.abilities for key, ability in _GLOBAL_ABILITIES.items()}
    shape |= {
        "custom": sobject.custom,
        "customSetting": False,
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "name": sobject.name,
        "urls": _urls(sobject, version, ui=None),
    }
    return dict(sorted(shape.items()))


def describe_sobject(schema: Schema, sobject: SObject, version: str, site: str) -> Json:
    """Return the answer of ``/sobjects/X/describe``; ``site`` is the org's address for UI links."""
    shape = summary(sobject, version)
    shape |= {
        "actionOverrides": [],
        "childRelationships": _child_relationships(schema, sobject),
        "compactLayoutable": "compactlayout" in sobject.abilities,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(one) for one in sobject.fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(sobject, version),
        "searchLayoutable": "searchlayout" in sobject.abilities,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": label, "name": name} for name, label in sobject.scopes],
        "urls": _urls(sobject, version, ui=site),
    }
    return dict(sorted(shape.items()))


def _child_relationships(schema: Schema, sobject: SObject) -> list[Json]:
    """Every reference to the object save those that only remember a merge (observed)."""
    return [
        {
            "cascadeDelete": child.field.cascade or child.field.with_parent == "goes",
            "childSObject": child.sobject.name,
            "deprecatedAndHidden": False,
            "field": child.field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": child.field.children,
            "restrictedDelete": child.field.restricted_delete or child.field.with_parent == "holds",
        }
        for child in schema.children_of(sobject.name)
        if child.field.name != "MasterRecordId"
    ]


def _record_types(sobject: SObject, version: str) -> list[Json]:
    """Every object with layouts lists *Master*, last and the default if there is no other.

    Observed, as are ``available`` and the order by name.
    """
    if not {"layout", "recordtype"} <= sobject.abilities:
        return []
    own = sorted(sobject.record_types, key=lambda one: one.label)
    infos = [
        _record_type(
            sobject, version, one.id, one.developer_name, one.label, one.active, one.default
        )
        for one in own
    ]
    master = _record_type(
        sobject, version, MASTER_RECORD_TYPE, "Master", "Master", True, not own, master=True
    )
    return [*infos, master]


def _record_type(
    sobject: SObject,
    version: str,
    key: str,
    developer_name: str,
    name: str,
    active: bool,
    default: bool,
    *,
    master: bool = False,
) -> Json:
    layouts = f"/services/data/v{version}/sobjects/{sobject.name}/describe/layouts"
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": default,
        "developerName": developer_name,
        "master": master,
        "name": name,
        "recordTypeId": key,
        "urls": {"layout": f"{layouts}/{key}"},
    }


def _urls(sobject: SObject, version: str, ui: str | None) -> dict[str, str]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    urls = {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"}
    if "layout" in sobject.abilities:
        urls |= {
            "approvalLayouts": f"{base}/describe/approvalLayouts",
            "compactLayouts": f"{base}/describe/compactLayouts",
            "layouts": f"{base}/describe/layouts",
            "listviews": f"{base}/listviews",
            "quickActions": f"{base}/quickActions",
        }
    for name, path in sobject.paths:
        if path is None:
            urls.pop(name, None)
        else:
            urls[name] = base + path
    if ui is not None and sobject.prefix is not None:
        urls |= {
            "uiDetailTemplate": f"{ui}/{{ID}}",
            "uiEditTemplate": f"{ui}/{{ID}}/e",
            "uiNewRecord": f"{ui}/{sobject.prefix}/e",
        }
    return urls
