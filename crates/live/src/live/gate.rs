//! Access control: allowed hosts, origins and tokens.
//!
//! A web page in a browser on this machine can send requests to it. The page's own host name may
//! even resolve to this machine (DNS rebinding). So the header `Host` must be an address or a
//! listed name, and a header `Origin` must be a listed origin.

use std::net::IpAddr;

use super::wire::TOKEN;
use crate::contract::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

/// The rules of access.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The token that allows a client to cut networks, to end the session and to get the verdict.
    pub token: String,
    /// True if all other requests need the token too.
    pub is_closed: bool,
    /// The allowed origins of web pages, such as `http://localhost:5173`.
    pub origins: Vec<String>,
    /// The allowed host names of this server. Addresses and `localhost` are always allowed.
    pub hosts: Vec<String>,
}

/// A refusal: the HTTP status and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shut(pub(super) u16, pub(super) String);

/// Returns the host of `host:port`, or the whole text if it has another form.
fn host_of(authority: &str) -> &str {
    let is_port = |text: &str| text.is_empty() || text.strip_prefix(':').is_some_and(is_number);
    if let Some((host, port)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return if is_port(port) { host } else { authority };
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if is_number(port) => host,
        _ => authority,
    }
}
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares two texts in a time that does not depend on their content.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Shut> {
    let mut all = headers.get_all(name).iter();
    let (first, other) = (all.next(), all.next());
    if other.is_some() {
        return Err(Shut(400, format!("there are two headers `{name}`")));
    }
    let wrong = |_| Shut(400, format!("the header `{name}` cannot be read"));
    first.map(|value| value.to_str().map_err(wrong)).transpose()
}

impl Gate {
    fn is_our_name(&self, authority: &str) -> bool {
        let host = host_of(authority);
        host.parse::<IpAddr>().is_ok()
            || host.eq_ignore_ascii_case("localhost")
            || self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Checks a request. Returns the origin whose pages can read the response, if the request names
    /// one.
    ///
    /// # Errors
    /// The request is refused.
    pub(super) fn lets_in(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<String>, Shut> {
        let Some(host) = only(headers, &header::HOST)? else {
            return Err(Shut(400, "the header `Host` is missing".to_owned()));
        };
        let named = uri.authority().map(hyper::http::uri::Authority::as_str);
        for authority in [Some(host), named].into_iter().flatten() {
            if !self.is_our_name(authority) {
                let text = format!(
                    "`{}` is not a name of this server: add the name with --host",
                    host_of(authority)
                );
                return Err(Shut(421, text));
            }
        }
        let Some(origin) = only(headers, &header::ORIGIN)? else {
            let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
            return match site {
                Some(b"cross-site" | b"same-site") => Err(Shut(
                    403,
                    "the request comes from another site's page: allow the page with --origin".to_owned(),
                )),
                _ => Ok(None),
            };
        };
        let own = ["http://", "https://"].map(|scheme| format!("{scheme}{host}"));
        let is_listed =
            self.origins.iter().any(|listed| listed == origin) || own.iter().any(|own| own == origin);
        if is_listed {
            return Ok(Some(origin.to_owned()));
        }
        Err(Shut(403, "the page's origin is not allowed: add the origin with --origin".to_owned()))
    }

    /// True if the text is the token.
    pub(super) fn is_token(&self, text: &str) -> bool {
        same(text.as_bytes(), self.token.as_bytes())
    }
    /// Removes the token from a query before apps or servers get it.
    pub(super) fn without_token(&self, query: &str) -> String {
        let is_ours = |pair: &&str| pair.strip_prefix("token=").is_some_and(|text| self.is_token(text));
        query.split('&').filter(|pair| !is_ours(pair)).collect::<Vec<_>>().join("&")
    }

    /// True if a header, the query, or the first part of the path has the token.
    pub(super) fn is_known(&self, headers: &HeaderMap, query: &str, in_path: Option<&str>) -> bool {
        let said = headers.get(TOKEN).and_then(|value| value.to_str().ok());
        let asked = query.split('&').filter_map(|pair| pair.strip_prefix("token="));
        asked.chain(said).chain(in_path).any(|text| self.is_token(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate {
            token: "secret".to_owned(),
            is_closed: false,
            origins: vec!["http://localhost:5173".to_owned()],
            hosts: vec!["sync.example.org".to_owned()],
        }
    }
    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().expect("it is a name");
            (name, value.parse().expect("it is a value"))
        };
        let mut headers = HeaderMap::new();
        for (name, value) in all.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }
    fn status(uri: &str, all: &[(&str, &str)]) -> u16 {
        let uri: Uri = uri.parse().expect("it is one");
        gate().lets_in(&uri, &headers(all)).map_or_else(|shut| shut.0, |_| 200)
    }

    #[test]
    fn a_name_that_leads_here_is_not_enough() {
        for own in
            ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:80", "10.0.2.2:8080", "sync.example.org"]
        {
            assert_eq!(status("/", &[("host", own)]), 200, "{own}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example:80",
            "127.0.0.1.evil.example",
            "",
            "[evil]:80",
            "[::1].evil.example",
            "[127.0.0.1]x.evil.example:80",
            "[::1]:80.evil.example",
            "localhost:80.evil.example",
        ] {
            assert_eq!(status("/", &[("host", other)]), 421, "{other}");
        }
        assert_eq!(status("/", &[]), 400);
        assert_eq!(status("/", &[("host", "localhost"), ("host", "evil.example")]), 400);
        assert_eq!(status("http://evil.example/x", &[("host", "localhost")]), 421);
    }

    #[test]
    fn only_listed_pages_pass() {
        let of = |origin| status("/", &[("host", "localhost:80"), ("origin", origin)]);
        assert_eq!(of("http://localhost:5173"), 200);
        assert_eq!(of("http://localhost:80"), 200);
        for other in ["http://localhost:5174", "https://localhost:5173", "null", "http://evil.example", ""] {
            assert_eq!(of(other), 403, "{other}");
        }
        for (site, expected) in [("cross-site", 403), ("same-site", 403), ("none", 200), ("same-origin", 200)]
        {
            assert_eq!(status("/", &[("host", "localhost"), ("sec-fetch-site", site)]), expected, "{site}");
        }
    }

    #[test]
    fn a_token_is_the_whole_token() {
        let known = |all: &[(&str, &str)], query: &str, path: Option<&str>| {
            gate().is_known(&headers(all), query, path)
        };
        assert!(known(&[(TOKEN, "secret")], "", None));
        assert!(known(&[], "a=b&token=secret", None));
        assert!(known(&[], "", Some("secret")));
        assert!(!known(&[], "", None));
        for wrong in ["", "secre", "secretx", "Secret"] {
            assert!(!known(&[(TOKEN, wrong)], &format!("token={wrong}"), Some(wrong)), "{wrong}");
        }
    }
}
