//! Requests and responses as the bytes of HTTP/1.1.

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};

use super::{Request, Response};

/// The longest head that is read, in bytes.
const HEAD: usize = 64 << 10;
const VERSION: &str = "HTTP/1.1";

/// The bytes are not a request or response. The text names the wrong part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not HTTP: {0}")]
pub struct Malformed(pub &'static str);

/// Writes a request as bytes: head and body. Adds `Content-Length`.
pub fn write_request(request: &Request) -> Vec<u8> {
    let target = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let line = format!("{} {target} {VERSION}", request.method());
    written(&line, request.headers(), request.body())
}

/// Writes a response as bytes: head and body. Adds `Content-Length`.
pub fn write_response(response: &Response) -> Vec<u8> {
    let status = response.status();
    let line = format!("{VERSION} {} {}", status.as_str(), status.canonical_reason().unwrap_or(""));
    written(&line, response.headers(), response.body())
}

fn written(line: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    let mut add = |name: &[u8], value: &[u8]| bytes.extend([b"\r\n", name, b": ", value].concat());
    for (name, value) in headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH) {
        add(name.as_str().as_bytes(), value.as_bytes());
    }
    add(header::CONTENT_LENGTH.as_str().as_bytes(), body.len().to_string().as_bytes());
    bytes.extend(b"\r\n\r\n");
    bytes.extend(body);
    bytes
}

/// Reads a complete request.
///
/// # Errors
/// The part that is malformed.
pub fn read_request(bytes: &[u8]) -> Result<Request, Malformed> {
    let (line, headers, body) = split(bytes)?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if version != Some(VERSION) || words.next().is_some() {
        return Err(Malformed("the request line must be METHOD PATH HTTP/1.1"));
    }
    let method = method.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    let target =
        target.filter(|target| target.starts_with('/')).and_then(|target| target.parse::<Uri>().ok());
    let mut request = Request::new(body.to_vec());
    *request.method_mut() = method.ok_or(Malformed("the method"))?;
    *request.uri_mut() = target.ok_or(Malformed("the path"))?;
    (*request.headers_mut(), *request.version_mut()) = (headers, Version::HTTP_11);
    Ok(request)
}

/// Reads a complete response. A proxy or a captive portal may send an HTML page instead, which the
/// bench sends without an HTTP head. It is read as a response with the status in its title, or 200.
///
/// # Errors
/// The part that is malformed.
pub fn read_response(bytes: &[u8]) -> Result<Response, Malformed> {
    if let Some(status) = page(bytes) {
        let mut response = Response::new(bytes.to_vec());
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        return Ok(response);
    }
    let (line, headers, body) = split(bytes)?;
    let status = line.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix(' '));
    let (code, _) = status.and_then(|rest| rest.split_once(' ')).ok_or(Malformed("the status line"))?;
    let mut response = Response::new(body.to_vec());
    *response.status_mut() = StatusCode::from_bytes(code.as_bytes()).map_err(|_| Malformed("the status"))?;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The status of an HTML page without a head; `None` if the bytes are not such a page.
fn page(bytes: &[u8]) -> Option<StatusCode> {
    let is_page = ["<html>", "<!DOCTYPE html>"].iter().any(|tag| bytes.starts_with(tag.as_bytes()));
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_page)?;
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.get(..3));
    Some(title.and_then(|code| code.parse().ok()).unwrap_or(StatusCode::OK))
}

/// The length in bytes of the head of a message, with its blank line. 0 if the message has no HTTP
/// head, because a stack may use another protocol.
pub fn head_length(message: &[u8]) -> usize {
    let head = || {
        let line = message.windows(2).take(HEAD).position(|two| two == b"\r\n")?;
        let line = std::str::from_utf8(&message[..line]).ok()?;
        let is_first = line.strip_suffix(VERSION).is_some_and(|line| line.ends_with(' '))
            || line.strip_prefix(VERSION).is_some_and(|line| line.starts_with(' '));
        let end = message.windows(4).take(HEAD).position(|four| four == b"\r\n\r\n")?;
        is_first.then_some(end + 4)
    };
    head().unwrap_or(0)
}

/// Splits a message into first line, headers and body.
fn split(bytes: &[u8]) -> Result<(&str, HeaderMap, &[u8]), Malformed> {
    let end = bytes.windows(4).take(HEAD).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(Malformed("the head has no end"))?;
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    let head = std::str::from_utf8(head).map_err(|_| Malformed("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for field in lines {
        let (name, value) = field.split_once(':').ok_or(Malformed("a header without a colon"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Malformed("the name of a header"))?;
        let value = HeaderValue::from_str(value.trim_matches([' ', '\t']));
        headers.append(name, value.map_err(|_| Malformed("the value of a header"))?);
    }
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Malformed("transfer-encoding is not supported: give the length in content-length"));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let (length, other) = (lengths.next(), lengths.next());
    let digits = length.and_then(|length| length.to_str().ok()).filter(|text| !text.starts_with('+'));
    let length: Option<usize> = digits.and_then(|text| text.parse().ok());
    if length != Some(body.len()) || other.is_some() {
        return Err(Malformed("content-length is not the body's"));
    }
    Ok((line, headers, body))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request() -> Request {
        let asked = ::http::Request::builder().method("POST").uri("/sync?since=7").header("etag", "\"a\"");
        asked.body(b"\r\n\r\nbody".to_vec()).expect("it is sound")
    }

    #[test]
    fn a_head_is_as_long_as_what_was_written_before_the_body() {
        let said = ::http::Response::builder().status(200).body(b"\r\n\r\n".to_vec());
        for bytes in [write_request(&request()), write_response(&said.expect("it is sound"))] {
            let body = bytes.len() - head_length(&bytes);
            assert!(bytes[..bytes.len() - body].ends_with(b"\r\n\r\n"));
            assert_eq!(body, if bytes.starts_with(b"POST") { 8 } else { 4 });
        }
        let none: [&[u8]; 4] = [b"", b"{}\r\n\r\n", b"HTTP/1.1 101 Switching\r\n", b"<html>\r\n\r\n"];
        assert_eq!(none.map(head_length), [0; 4]);
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let read = read_request(&write_request(&request())).expect("it was written here");
        assert_eq!(
            (read.method(), read.uri(), read.body()),
            (&Method::POST, request().uri(), request().body())
        );
        assert_eq!((read.headers()["etag"].as_bytes(), read.headers().len()), (&b"\"a\""[..], 2));
        let said = ::http::Response::builder().status(429).header("retry-after", "7").body(Vec::new());
        let bytes = write_response(&said.expect("it is sound"));
        assert_eq!(bytes, b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(read_response(&bytes).map(|read| read.status()), Ok(StatusCode::TOO_MANY_REQUESTS));
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        let of = |line: &str| format!("{line}\r\ncontent-length: 0\r\n\r\n");
        for wrong in [
            of("GET / HTTP/1.0"),
            of("GET  / HTTP/1.1"),
            of("GET / HTTP/1.1 x"),
            of("GET x HTTP/1.1"),
            of("G(T / HTTP/1.1"),
            of("GET / HTTP/1.1\r\nno colon"),
            of("GET / HTTP/1.1\r\nspace : x"),
            of("GET / HTTP/1.1\r\n folded: x"),
            of("GET / HTTP/1.1\r\ncontent-length: 0"),
            of("GET / HTTP/1.1\r\ntransfer-encoding: chunked"),
            of("GET / HTTP/1.1\nx: y"),
            of("GET / HTTP/1.1") + "more",
            "GET / HTTP/1.1\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\ncontent-length: +0\r\n\r\n".to_owned(),
            String::new(),
        ] {
            assert!(read_request(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        for wrong in [of("HTTP/1.1 99 x"), of("HTTP/1.1 200"), of("HTTP/1.1  200 x"), of("HTTP/2 200 OK")] {
            assert!(read_response(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_page_in_the_servers_place_has_the_status_of_its_title() {
        let status = |page: &[u8]| read_response(page).map(|read| read.status().as_u16());
        assert_eq!(status(crate::contract::TOO_LARGE_PAGE), Ok(413));
        assert_eq!(status(b"<!DOCTYPE html>\n<title>Guest Wi-Fi</title>"), Ok(200));
        assert_eq!(status(b"<html>"), Ok(200));
        assert_eq!(status(b"<html><title>50\xc3\xa4</title>"), Ok(200));
    }

    proptest! {
        #[test]
        fn garbage_is_refused_and_never_panics(
            garbage in proptest::collection::vec(any::<u8>(), 0..300),
            at in any::<prop::sample::Index>(),
            page in any::<bool>(),
        ) {
            let mut sound = write_request(&request());
            let at = at.index(sound.len());
            sound.splice(at..(at + garbage.len() / 60).min(sound.len()), garbage.iter().copied());
            let head: &[u8] = if page { b"<html><title>" } else { b"HTTP/1.1 " };
            for bytes in [&sound, &garbage, &[head, &garbage].concat()] {
                if let Ok(read) = read_request(bytes) {
                    let again = read_request(&write_request(&read)).map(|again| again.into_body());
                    prop_assert_eq!(again, Ok(read.into_body()));
                }
                _ = read_response(bytes);
            }
        }
    }
}
