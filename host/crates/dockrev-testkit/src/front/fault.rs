//! What goes wrong on demand.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::answer::Answer;
use super::request::Received;

/// How long a hanging answer is held back, unless the client goes away first.
const HANG_LIMIT: Duration = Duration::from_secs(60);

/// How much of nothing comes before a trickling body, in bytes, and how long after each.
const TRICKLE_BYTES: usize = 300;
const TRICKLE_PAUSE: Duration = Duration::from_millis(200);

/// Tags on a page of an endless listing.
const ENDLESS_PAGE: u64 = 50;

/// Size of a huge list of tags, in bytes.
const HUGE_BYTES: u64 = 10 * 1024 * 1024 * 1024;

/// How a question ends instead of with its answer. Tokens are given all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests; come back after so many seconds.
    TooManyRequests(u32),
    /// Status 503.
    Unavailable,
    /// No answer at all.
    Hang,
    /// Half of the body, and then nothing for ever.
    StandStill,
    /// A body that comes byte by byte, a few in a second, for as long as the client listens.
    Trickle,
    /// The connection ends in the middle of the body.
    CutOff,
    /// The connection ends before any answer.
    HangUp,
    /// Bytes that are no JSON, as JSON.
    Rubbish,
    /// Bytes that are no HTTP.
    NotHttp,
    /// A web page with status 200.
    WebPage,
    /// After each page of tags comes another one.
    EndlessPages,
    /// After the first page of tags comes the first page.
    LoopOfPages,
    /// The next page of tags is at this address.
    NextPageAt(String),
    /// No page of tags says that there is another one.
    NoNextPage,
    /// One list of tags of 10 GiB.
    HugeTagList,
    /// A list of tags that is small only as long as it is compressed.
    CompressedTagList,
    /// One list of tags of 6 MB with a name in every fourth byte.
    CrowdedTagList,
    /// An index of 4 MB with an entry in every fourteenth byte.
    CrowdedIndex,
    /// Header fields without an end.
    EndlessHead,
    /// Another token server is named than the registry's own, at this address.
    RealmAt(String),
    /// A redirect to this address.
    RedirectTo(String),
    /// Manifests are not what their digest says.
    OtherContent,
    /// Every manifest is this one, by its media type and its text.
    ManifestIs(&'static str, &'static str),
}

impl Fault {
    /// Whether it has a part in this question, which would be answered with `status`.
    pub(super) fn concerns(&self, received: &Received, status: u16) -> bool {
        let path = received.path();
        let is_api = path.starts_with("/v2/") || path.starts_with("/api/");
        match self {
            Self::RealmAt(_) => is_api,
            // Who has no token yet gets the address of the token server first.
            _ if status == 401 => false,
            Self::EndlessPages
            | Self::LoopOfPages
            | Self::NextPageAt(_)
            | Self::NoNextPage
            | Self::HugeTagList
            | Self::CompressedTagList
            | Self::CrowdedTagList => path.ends_with("/tags/list"),
            Self::OtherContent | Self::ManifestIs(..) => path.contains("/manifests/"),
            Self::CrowdedIndex => received.method == "GET" && path.contains("/manifests/"),
            Self::TooManyRequests(_)
            | Self::Unavailable
            | Self::Hang
            | Self::StandStill
            | Self::Trickle
            | Self::CutOff
            | Self::HangUp
            | Self::Rubbish
            | Self::NotHttp
            | Self::WebPage
            | Self::EndlessHead
            | Self::RedirectTo(_) => is_api,
        }
    }

    pub(super) fn play(&self, stream: &mut TcpStream, received: &Received, mut answer: Answer) -> io::Result<()> {
        let send = |answer: Answer, stream: &mut TcpStream| answer.send(stream, received);
        match self {
            Self::TooManyRequests(seconds) => {
                send(Answer::error(429, "TOOMANYREQUESTS").header("Retry-After", &seconds.to_string()), stream)
            }
            Self::Unavailable => send(Answer::error(503, "UNAVAILABLE"), stream),
            Self::Hang => wait_for_client_to_go(stream),
            Self::StandStill => {
                send_half(stream, &answer)?;
                wait_for_client_to_go(stream)
            }
            Self::Trickle => trickle(stream, &answer),
            Self::CutOff => send_half(stream, &answer),
            Self::HangUp => Ok(()),
            Self::Rubbish => {
                answer.body = (0..2000_u32).map(|number| (number * 7 % 251) as u8).collect();
                answer.headers.retain(|(name, _)| name != "docker-content-digest");
                send(answer, stream)
            }
            Self::NotHttp => stream.write_all(&[0xFF; 512]),
            Self::WebPage => {
                let page =
                    Answer { status: 200, headers: Vec::new(), body: b"<!doctype html><title>Log in</title>".to_vec() };
                send(page.header("Content-Type", "text/html"), stream)
            }
            Self::EndlessPages => send(endless_page(received), stream),
            Self::LoopOfPages => send(with_next(answer, &received.target), stream),
            Self::NextPageAt(address) => send(with_next(answer, address), stream),
            Self::NoNextPage => {
                answer.headers.retain(|(name, _)| name != "Link");
                send(answer, stream)
            }
            Self::HugeTagList => huge_tag_list(stream),
            Self::CompressedTagList => send(compressed_tag_list()?, stream),
            Self::CrowdedTagList => send(crowded_tag_list(), stream),
            Self::CrowdedIndex => send(crowded_index(), stream),
            Self::EndlessHead => endless_head(stream),
            Self::RealmAt(address) => {
                let challenge = format!("Bearer realm=\"{address}\",service=\"elsewhere\"");
                send(Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", &challenge), stream)
            }
            Self::RedirectTo(address) => {
                let answer = Answer { status: 307, headers: Vec::new(), body: Vec::new() };
                send(answer.header("Location", address), stream)
            }
            Self::OtherContent => {
                // Still a manifest, with its old digest in the header.
                answer.body.push(b'\n');
                send(answer, stream)
            }
            Self::ManifestIs(media_type, text) => {
                let answer = Answer { status: 200, headers: Vec::new(), body: text.as_bytes().to_vec() };
                send(answer.header("Content-Type", media_type), stream)
            }
        }
    }
}

fn send_half(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    answer.send_head(stream, answer.body.len())?;
    stream.write_all(&answer.body[..answer.body.len() / 2])
}

fn trickle(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    answer.send_head(stream, answer.body.len() + TRICKLE_BYTES)?;
    for _ in 0..TRICKLE_BYTES {
        stream.write_all(b" ")?;
        std::thread::sleep(TRICKLE_PAUSE);
    }
    stream.write_all(&answer.body)
}

fn wait_for_client_to_go(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(HANG_LIMIT))?;
    stream.read(&mut [0]).map(drop)
}

/// The page after the tag that the query names, and a link to the next one.
fn endless_page(received: &Received) -> Answer {
    let start: u64 = received.parameter("last").and_then(|last| last.strip_prefix("0.0.")?.parse().ok()).unwrap_or(0);
    let tags: Vec<String> = (1..=ENDLESS_PAGE).map(|number| format!("0.0.{}", start + number)).collect();
    let next = format!("{}?last=0.0.{}", received.path(), start + ENDLESS_PAGE);
    with_next(Answer::json(200, &serde_json::json!({ "tags": tags })), &next)
}

/// `answer` with this address of the next page and no other.
fn with_next(mut answer: Answer, address: &str) -> Answer {
    answer.headers.retain(|(name, _)| name != "Link");
    answer.header("Link", &format!("<{address}>; rel=\"next\""))
}

/// 256 MiB of blanks in a list without tags.
fn compressed_tag_list() -> io::Result<Answer> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"{\"tags\":[")?;
    let blanks = vec![b' '; 1024 * 1024];
    for _ in 0..256 {
        encoder.write_all(&blanks)?;
    }
    encoder.write_all(b"]}")?;
    let answer = Answer { status: 200, headers: Vec::new(), body: encoder.finish()? };
    Ok(answer.header("Content-Type", "application/json").header("Content-Encoding", "gzip"))
}

fn crowded_tag_list() -> Answer {
    let body = format!("{{\"tags\":[{}]}}", vec!["\"1\""; 1_500_000].join(",")).into_bytes();
    Answer { status: 200, headers: Vec::new(), body }.header("Content-Type", "application/json")
}

fn crowded_index() -> Answer {
    let media_type = "application/vnd.oci.image.index.v1+json";
    let entries = vec!["{\"digest\":\"\"}"; 295_000].join(",");
    let body = format!("{{\"schemaVersion\":2,\"mediaType\":\"{media_type}\",\"manifests\":[{entries}]}}").into_bytes();
    Answer { status: 200, headers: Vec::new(), body }.header("Content-Type", media_type)
}

fn endless_head(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
    loop {
        stream.write_all("x-more: and more\r\n".repeat(1000).as_bytes())?;
    }
}

fn huge_tag_list(stream: &mut TcpStream) -> io::Result<()> {
    let head = Answer { status: 200, headers: Vec::new(), body: Vec::new() }.header("Content-Type", "application/json");
    head.send_head(stream, usize::try_from(HUGE_BYTES).unwrap_or(usize::MAX))?;
    stream.write_all(b"{\"tags\":[\"1.0\"")?;
    let chunk = ",\"1.0.0\"".repeat(8 * 1024);
    for _ in 0..HUGE_BYTES / chunk.len() as u64 {
        stream.write_all(chunk.as_bytes())?;
    }
    Ok(())
}
