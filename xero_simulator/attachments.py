"""Files on a manual journal."""

from __future__ import annotations

import mimetypes

from xero_simulator.call import Call
from xero_simulator.errors import NotFound, ValidationError
from xero_simulator.exchange import Answer
from xero_simulator.history import record
from xero_simulator.model import Attachment, ManualJournal

MOST_FILES = 10
LARGEST_FILE_BYTES = 10_000_000
FORBIDDEN_LETTERS = set('<>:"/\\|?*+\0')


def attachment_row(call: Call, attachment: Attachment) -> dict[str, object]:
    """Return an attachment as the API shows it; its address needs the bearer token."""
    base = f"{call.world.origin}/api.xro/2.0/ManualJournals/{attachment.journal_id}/Attachments"
    return {
        "AttachmentID": attachment.attachment_id,
        "FileName": attachment.file_name,
        "Url": f"{base}/{attachment.file_name}",
        "MimeType": attachment.mime_type,
        "ContentLength": len(attachment.content),
    }


def _files(call: Call, journal: ManualJournal) -> list[Attachment]:
    return [call.world.store.attachments[key] for key in journal.attachment_ids]


def list_files(call: Call) -> dict[str, object]:
    """Answer `GET …/Attachments`."""
    return {"Attachments": [attachment_row(call, item) for item in _files(call, call.journal())]}


def read_file(call: Call) -> Answer:
    """Answer `GET …/Attachments/{name or id}` with the file itself."""
    wanted = call.parts["file"]
    for item in _files(call, call.journal()):
        if wanted == item.file_name or wanted.lower() == item.attachment_id:
            return Answer(200, item.content, [("Content-Type", item.mime_type)])
    raise NotFound


def save_file(call: Call) -> dict[str, object]:
    """Answer `PUT` and `POST …/Attachments/{FileName}`: the raw body is the file, one of the same name is replaced."""
    journal = call.journal()
    name, content = call.parts["file"], call.request.body
    files = _files(call, journal)
    same = next((item for item in files if item.file_name == name), None)
    message = None
    if FORBIDDEN_LETTERS.intersection(name) or not name.strip():
        message = "The file name contains characters that are not allowed."
    elif not content:
        message = "The file is empty."
    elif len(content) > LARGEST_FILE_BYTES:
        message = "The file is too large."
    elif same is None and len(files) >= MOST_FILES:
        message = f"A document can have at most {MOST_FILES} attachments."
    if message:
        raise ValidationError([{"FileName": name, "ValidationErrors": [{"Message": message}]}])
    given = (call.request.header("content-type") or "").split(";")[0].strip()
    guessed = mimetypes.guess_type(name)[0]
    mime_type = guessed or (given if "/" in given else "") or "application/octet-stream"
    world = call.world
    if same is None:
        same = Attachment(world.guid(), journal.journal_id, name, mime_type, content)
        journal.attachment_ids.append(same.attachment_id)
    else:
        same.content, same.mime_type = content, mime_type
    world.store.attachments.put(same.attachment_id, same)
    journal.updated_at = world.now()
    world.store.journals.put(journal.journal_id, journal)
    record(
        world,
        journal.journal_id,
        "Attached a file",
        f"Attached the file {name} through the Xero API using {call.caller.app.name}",
    )
    return {"Attachments": [attachment_row(call, same)]}
