//! Addresses, JSON bodies and streamed responses.

use serde_json::{Value as Json, json};

use crate::contract::ServerError;
use crate::contract::http::{HeaderValue, Request, Response, StatusCode, Uri, header, write_response};

/// A path and its query. Percent-escapes are decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) path: Vec<String>,
    query: Vec<(String, String)>,
}

impl Address {
    pub(super) fn of(uri: &Uri) -> Address {
        let path = uri.path().split('/').filter(|part| !part.is_empty()).map(unescaped).collect();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescaped(name), unescaped(&value.replace('+', " ")))
        };
        let query = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Address { path, query: query.map(pair).collect() }
    }
    pub(super) fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(name, _)| name)
    }
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }
    /// Reads a whole number from the query.
    ///
    /// # Errors
    /// The parameter is not a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ServerError> {
        let wrong = |text: &str| bad(format!("`{name}` must be a whole number, not {text:?}"));
        // An app without a number sends its JavaScript value as a text: `null`, `undefined` or
        // nothing.
        let given = self.get(name).filter(|text| !["", "null", "undefined"].contains(text));
        given.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }
    /// Reads JSON from the query; null if the parameter is absent.
    ///
    /// # Errors
    /// The parameter is not JSON.
    pub(super) fn json(&self, name: &str) -> Result<Json, ServerError> {
        let given = self.get(name).filter(|text| !["", "undefined"].contains(text));
        let wrong = |text: &str| bad(format!("`{name}` must be JSON, not {text:?}"));
        let read = |text: &str| serde_json::from_str(text).map_err(|_| wrong(text));
        given.map_or(Ok(Json::Null), read)
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let two = others.get(..2).filter(|two| *first == b'%' && two.is_ascii());
        let code = two.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the JSON body of a request; null if the body is empty.
///
/// # Errors
/// The body is not JSON.
pub(super) fn body(request: &Request) -> Result<Json, ServerError> {
    if request.body().is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(request.body()).map_err(|error| bad(error.to_string()))
}

/// The error for a request that cannot be read.
pub(super) fn bad(why: impl Into<String>) -> ServerError {
    ServerError::BadRequest(why.into())
}

/// A response with a reason as `error`.
pub(super) fn error(status: u16, why: &str) -> Response {
    response(status, &json!({ "error": why }))
}

/// A JSON response.
pub(super) fn response(status: u16, body: &Json) -> Response {
    bytes(status, "application/json", body.to_string().into_bytes())
}

pub(super) fn bytes(status: u16, of: &str, body: Vec<u8>) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let of = HeaderValue::from_str(of).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, of);
    response
}

/// The head of a response that is streamed on a connection. It has no length.
pub(super) fn head(of: &str) -> Vec<u8> {
    let mut response = bytes(200, of, Vec::new());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    write_response(&response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_without_its_escapes() {
        let uri = "/db/a%2Fb%20c?open_revs=%5B%221-a%22%5D&q=a+b&n=null&x".parse().expect("it is one");
        let address = Address::of(&uri);
        assert_eq!(address.parts(), ["db", "a/b c"]);
        assert_eq!(address.json("open_revs"), Ok(serde_json::json!(["1-a"])));
        assert_eq!((address.get("q"), address.get("x"), address.get("y")), (Some("a b"), Some(""), None));
        assert_eq!(address.number("n"), Ok(None));
        assert!(address.number("q").is_err() && address.json("q").is_err());
        assert_eq!(unescaped("%e9%zz%"), "\u{fffd}%zz%");
    }
}
