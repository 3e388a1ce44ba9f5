//! Requests and responses between sockets and the world.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::contract::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, write_request};
use crate::contract::{Cacheable, Time};

/// What is said of credentials to nobody: not to the server halves, and not to the log.
const SECRETS: [HeaderName; 4] =
    [header::AUTHORIZATION, header::COOKIE, header::SET_COOKIE, header::PROXY_AUTHORIZATION];
/// What concerns one connection and no message.
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
/// How an app says which device it is, and who it is.
pub(super) const DEVICE: &str = "syncdyno-device";
pub(super) const TOKEN: &str = "syncdyno-token";

/// A request of an app as the world gets it, and as it stands in the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    pub method: String,
    /// Path and query.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// A body that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// So many bytes are not told: credentials, and bodies that were not asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Whether a header stays on its connection.
pub(super) fn is_of_the_connection(name: &HeaderName, headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let is_named =
        named.flat_map(|list| list.split(',')).any(|one| name.as_str().eq_ignore_ascii_case(one.trim()));
    OF_THE_CONNECTION.contains(&name.as_str()) || is_named
}

impl Asking {
    /// What an app asks; without `bodies` nothing of its body is kept.
    pub(super) fn of(method: &Method, path: &str, headers: &HeaderMap, body: &[u8], bodies: bool) -> Asking {
        let mut asking =
            Asking { method: method.as_str().to_owned(), path: path.to_owned(), ..Asking::default() };
        for (name, value) in headers {
            let is_ours = [DEVICE, TOKEN].contains(&name.as_str());
            if is_ours
                || is_of_the_connection(name, headers)
                || [header::HOST, header::CONTENT_LENGTH].contains(name)
            {
                continue;
            }
            match value.to_str() {
                Ok(text) if !SECRETS.contains(name) => {
                    asking.headers.push((name.as_str().to_owned(), text.to_owned()));
                }
                _ => asking.withheld += (name.as_str().len() + value.len() + 4) as u64,
            }
        }
        match std::str::from_utf8(body) {
            _ if body.is_empty() => {}
            _ if !bodies => asking.withheld += body.len() as u64,
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

    /// As a request.
    ///
    /// # Errors
    /// What of it is none.
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

    /// Whether its response is a stream, on a connection that is held.
    pub(super) fn is_held(&self) -> bool {
        let streams =
            |(name, value): &(String, String)| name == "accept" && value.contains("text/event-stream");
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let feeds = ["feed=continuous", "feed=eventsource"];
        self.method == "GET"
            && (self.headers.iter().any(streams) || query.split('&').any(|pair| feeds.contains(&pair)))
    }

    /// As what a cache on the way knows it.
    pub(super) fn cacheable(&self) -> Option<Cacheable> {
        let is = |(name, value): &(String, String)| name == "cache-control" && value == "no-cache";
        let validated = self.headers.iter().any(is);
        (self.method == "GET").then(|| Cacheable { address: self.path.clone(), validated })
    }

    /// The key of a row may stand in it.
    pub(super) fn names(&self, key: &str) -> bool {
        let stands = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(key));
        !key.is_empty() && (self.path.contains(key) || stands(&self.body))
    }
    /// How many bytes it has on the way, but for what the link adds.
    pub(super) fn length(&self) -> Result<u64, &'static str> {
        Ok(write_request(&self.request()?).len() as u64 + self.withheld)
    }
}

/// A hash of bytes, by which two runs are held against each other.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes) >> 12
}

/// Nanoseconds as they stand in the log.
pub(super) fn nanos(time: Time) -> u64 {
    time.0
}
