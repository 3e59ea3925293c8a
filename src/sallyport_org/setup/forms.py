"""A form as a page: sections of fields, shown, read, and given back with what was wrong.

What belongs here: the one way all of Setup's forms go. What does not: kinds of fields (``fields``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.setup.desk import Desk
from sallyport_org.setup.fields import Field, read_all, shown, typed
from sallyport_org.web import Reply

Sections = Sequence[tuple[str, Sequence[Field]]]
"""Heading and fields of each part of a form."""


def form_page(
    desk: Desk,
    node: str,
    title: str,
    sections: Sections,
    values: Mapping[str, Any],
    save: Callable[[dict[str, Any]], Reply],
    *,
    intro: str = "",
    submit: str = "Save",
    cancel: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> Reply:
    """Show a form with ``values``, or ``save`` what was sent.

    Nothing is saved unless every field can be read; a :class:`ChangeRefusedError` of ``save`` is
    shown above the form. Either way what was typed stays. ``links`` (address and words) stand
    beside the title.
    """
    every = [field for _, fields in sections for field in fields]
    wrong: dict[str, str] = {}
    if desk.is_post:
        read, wrong = read_all(every, desk.form)
        if not wrong:
            try:
                return save(read)
            except ChangeRefusedError as refused:
                wrong = {"": str(refused)}
        drawn = typed(every, desk.form)
    else:
        drawn = shown(every, values)
    return desk.page(
        "form.html",
        node,
        title,
        all_sections=sections,
        values=drawn,
        wrong=wrong,
        intro=intro,
        submit=submit,
        cancel=cancel,
        links=links,
    )
