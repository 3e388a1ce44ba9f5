//! Attachments of documents.

use serde_json::{Map, Value as Json, json};

use super::core::{Core, Refused};
use super::store::Body;
use crate::base::{from_base64, to_base64};
use crate::contract::ServerError;

pub(super) const MEMBER: &str = "_attachments";

/// Returns the name under which an attachment's bytes are stored.
fn digest(bytes: &[u8]) -> String {
    format!("md5-{}", to_base64(&md5::compute(bytes).0))
}

/// Stores the bytes of a document's attachments, and returns its stored form. A stub refers to the
/// bytes of an earlier revision.
pub(super) fn take_in(
    core: &Core,
    said: &Json,
    generation: u64,
    before: &[Body],
) -> Result<Option<Json>, Refused> {
    let Some(said) = said.as_object().filter(|said| !said.is_empty()) else { return Ok(None) };
    let mut kept = Map::new();
    for (name, file) in said {
        if let Some(data) = file["data"].as_str() {
            let bytes = from_base64(data).ok_or_else(|| Refused::bad("attachment data must be base64"))?;
            let of = file["content_type"].as_str().unwrap_or("application/octet-stream");
            let revpos = file["revpos"].as_u64().unwrap_or(generation);
            kept.insert(name.clone(), put(core, of, &bytes, revpos)?);
        } else if file["stub"] == json!(true) {
            let digest = file["digest"].as_str();
            let known = before.iter().map(|body| &body[MEMBER][name.as_str()]);
            let known = before.iter().zip(known).filter(|(body, _)| body.contains_key(MEMBER));
            let mut known = known.map(|(_, file)| file);
            let known = known.find(|it| it.is_object() && digest.is_none_or(|digest| it["digest"] == digest));
            let missing =
                || Refused::new(412, "missing_stub", &format!("Invalid attachment stub for {name}"));
            kept.insert(name.clone(), known.cloned().ok_or_else(missing)?);
        } else {
            return Err(Refused::bad(
                "an attachment must have `data` or be a `stub`: multipart is not supported",
            ));
        }
    }
    Ok(Some(Json::Object(kept)))
}

/// Stores the bytes of an attachment. Returns its entry in the document.
pub(super) fn put(core: &Core, of: &str, bytes: &[u8], revpos: u64) -> Result<Json, ServerError> {
    let digest = digest(bytes);
    core.store.put_blob(&digest, bytes)?;
    Ok(json!({
        "content_type": of,
        "revpos": revpos,
        "digest": digest,
        "length": bytes.len(),
        "stub": true,
    }))
}

/// Reads the bytes of an attachment by its entry in the document.
pub(super) fn bytes(core: &Core, file: &Json) -> Result<Option<Vec<u8>>, ServerError> {
    file["digest"].as_str().map_or(Ok(None), |digest| core.store.blob(digest))
}

/// Replaces all stubs by the bytes of the attachments.
pub(super) fn inline(core: &Core, body: &mut Body) -> Result<(), ServerError> {
    let files = body.get_mut(MEMBER).and_then(Json::as_object_mut);
    for file in files.into_iter().flat_map(|files| files.values_mut()) {
        let Some(bytes) = bytes(core, file)? else { continue };
        let Some(file) = file.as_object_mut() else { continue };
        file.retain(|name, _| name != "stub" && name != "length");
        file.insert("data".to_owned(), json!(to_base64(&bytes)));
    }
    Ok(())
}
