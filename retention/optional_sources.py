"""Sources that a unit may have beside its own, each read in the same way and counted row by row.

Such a source is a key of the settings; who has none leaves the key out. What a source holds its own
module describes, and source_rows reads it so.
"""

from retention import contacts, do_not_contact, feedback, prospects

PROSPECTS = prospects.SOURCE.name
CONTACTS = contacts.SOURCE.name
FEEDBACK = feedback.SOURCE.name
DO_NOT_CONTACT = do_not_contact.SOURCE.name

OPTIONAL = {
    kind.name: kind
    for kind in (prospects.SOURCE, contacts.SOURCE, feedback.SOURCE, do_not_contact.SOURCE)
}
"""Settings key -> its source, in the order in which their checks are shown."""
