//! Converts requests and responses between sockets and the world (the whole simulation).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::contract::Cacheable;
use crate::contract::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, write_request};

/// Headers whose values are not secret. With the user's own server, the values of all others are
/// withheld.
const PLAIN: [&str; 22] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "etag",
    "expect",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "last-modified",
    "origin",
    "prefer",
    "range",
    "user-agent",
    "vary",
];
/// If the name of a header or query parameter contains one of these words, its value may be a
/// secret.
const SECRET_WORDS: [&str; 15] = [
    "token",
    "key",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "auth",
    "session",
    "cookie",
    "credential",
    "signature",
    "bearer",
    "jwt",
    "otp",
];
/// Names whose values the scenario's server halves do not get either. Server halves need headers
/// and queries (such as `$skiptoken`), so this list has only certain credentials.
const CREDENTIALS: [&str; 16] = [
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "authorization",
    "client_secret",
    "cookie",
    "id_token",
    "passwd",
    "password",
    "proxy-authorization",
    "refresh_token",
    "set-cookie",
    "x-access-token",
    "x-api-key",
    "x-auth-token",
];
/// Headers that belong to a connection and not to the message.
const OF_THE_CONNECTION: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The headers for the name of the device, and for the token.
pub(super) const DEVICE: &str = "syncdyno-device";
pub(super) const TOKEN: &str = "syncdyno-token";

/// A request of an app, in the form for the world and the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    pub method: String,
    /// The path and the query.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body, if it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// The names of headers whose values are withheld.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld_headers: Vec<String>,
    /// The number of withheld bytes: values of headers and query parameters, and bodies that the
    /// user did not ask for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// True if a header belongs only to its connection.
pub(super) fn is_of_the_connection(name: &HeaderName, headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let is_named =
        named.flat_map(|list| list.split(',')).any(|one| name.as_str().eq_ignore_ascii_case(one.trim()));
    OF_THE_CONNECTION.contains(&name.as_str()) || is_named
}

fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Decodes the percent-escapes of a name: `%74oken` is `token`.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a path without secrets in its query, and the number of removed bytes.
fn without_secrets(path: &str, knows: impl Fn(&str) -> bool) -> (String, u64) {
    let Some((path, query)) = path.split_once('?') else { return (path.to_owned(), 0) };
    let mut left_out = 0;
    let mut kept = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if may_be_secret(&decoded(name)) && !knows(&decoded(name)) => {
            left_out += value.len() as u64;
            format!("{name}=")
        }
        _ => pair.to_owned(),
    };
    let query: Vec<String> = query.split('&').map(&mut kept).collect();
    (format!("{path}?{}", query.join("&")), left_out)
}

/// Selects the parts of a request that are recorded.
#[derive(Clone, Copy)]
pub(super) struct RecordingPolicy {
    /// True if the user's own server answers. Then the world needs no headers and no queries.
    pub(super) is_upstream: bool,
    pub(super) bodies: bool,
}

impl RecordingPolicy {
    fn is_plain(self, name: &HeaderName) -> bool {
        PLAIN.contains(&name.as_str()) || !self.is_upstream && !CREDENTIALS.contains(&name.as_str())
    }
    fn knows(self, part: &str) -> bool {
        !self.is_upstream && !CREDENTIALS.contains(&part.to_ascii_lowercase().as_str())
    }
}

impl Asking {
    /// Makes a request of an app without the parts that must be withheld.
    pub(super) fn of(
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
        how: RecordingPolicy,
    ) -> Asking {
        let (path, withheld) = without_secrets(path, |part| how.knows(part));
        let mut asking = Asking { method: method.as_str().to_owned(), path, withheld, ..Asking::default() };
        for (name, value) in headers {
            let is_ours = [DEVICE, TOKEN].contains(&name.as_str());
            if is_ours
                || is_of_the_connection(name, headers)
                || [header::HOST, header::CONTENT_LENGTH].contains(name)
            {
                continue;
            }
            match value.to_str() {
                Ok(text) if how.is_plain(name) => {
                    asking.headers.push((name.as_str().to_owned(), text.to_owned()));
                }
                _ => {
                    asking.withheld_headers.push(name.as_str().to_owned());
                    asking.withheld += (name.as_str().len() + value.len() + 4) as u64;
                }
            }
        }
        match std::str::from_utf8(body) {
            _ if body.is_empty() => {}
            _ if !how.bodies => asking.withheld += body.len() as u64,
            Ok(text) => asking.body = Some(text.to_owned()),
            Err(_) => asking.body_base64 = Some(STANDARD.encode(body)),
        }
        asking
    }

    fn body_bytes(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }

    /// Builds the request for the world.
    ///
    /// # Errors
    /// The name of the malformed part.
    pub(super) fn request(&self) -> Result<Request, &'static str> {
        let mut request = Request::new(self.body_bytes());
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).map_err(|_| "the method")?;
        let path = Some(self.path.as_str()).filter(|path| path.starts_with('/')).ok_or("the path")?;
        *request.uri_mut() = path.parse().map_err(|_| "the path")?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "the name of a header")?;
            request.headers_mut().append(name, HeaderValue::from_str(value).map_err(|_| "a header")?);
        }
        Ok(request)
    }

    /// True if its response is a stream on a long-lived connection.
    pub(super) fn is_held(&self) -> bool {
        let streams =
            |(name, value): &(String, String)| name == "accept" && value.contains("text/event-stream");
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let feeds = ["feed=continuous", "feed=eventsource"];
        self.method == "GET"
            && (self.headers.iter().any(streams) || query.split('&').any(|pair| feeds.contains(&pair)))
    }

    /// The identity of the response in a cache on the path; `None` if it cannot be cached.
    pub(super) fn cacheable(&self) -> Option<Cacheable> {
        let is = |(name, value): &(String, String)| name == "cache-control" && value == "no-cache";
        let validated = self.headers.iter().any(is);
        (self.method == "GET").then(|| Cacheable { address: self.path.clone(), validated })
    }

    /// True if the request may contain the key of a row.
    pub(super) fn names(&self, key: &str) -> bool {
        let stands = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(key));
        !key.is_empty() && (self.path.contains(key) || stands(&self.body))
    }
    /// The number of bytes on the wire, without the link's overhead.
    pub(super) fn length(&self) -> Result<u64, &'static str> {
        Ok(write_request(&self.request()?).len() as u64 + self.withheld)
    }
}

/// A hash of bytes, which compares two runs.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes) >> 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_query_are_left_out_by_their_names() {
        let upstream = RecordingPolicy { is_upstream: true, bodies: false };
        let of = |path: &str, how: RecordingPolicy| {
            let asking = Asking::of(&Method::GET, path, &HeaderMap::new(), b"", how);
            assert_eq!(
                asking.path.len() as u64 + asking.withheld,
                path.len() as u64,
                "the length is the same"
            );
            asking.path
        };
        for (path, kept) in [
            ("/q?a=1&access_token=SEC&b=2", "/q?a=1&access_token=&b=2"),
            ("/q?PassWord=SEC", "/q?PassWord="),
            ("/q?%74oken=SEC", "/q?%74oken="),
            ("/q?api_key=SEC&sessionId=SEC&x", "/q?api_key=&sessionId=&x"),
            ("/q?since=5", "/q?since=5"),
            ("/token", "/token"),
        ] {
            assert_eq!(of(path, upstream), kept);
        }
        let scenario = RecordingPolicy { is_upstream: false, bodies: true };
        assert_eq!(of("/q?$skiptoken=7&token=a&Password=SEC", scenario), "/q?$skiptoken=7&token=a&Password=");
    }
}
