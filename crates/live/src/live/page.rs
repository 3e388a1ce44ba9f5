//! The status page: phones, links, the backend, pending edits.

use maud::{DOCTYPE, Markup, html};

use super::arrival::State;
use super::theirs::ServerReportCounts;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}\
    form{display:inline}.down{color:#b00020}small{color:#666}";

/// Renders the page. With the token, the page has buttons that cut links and end the session.
pub(super) fn page(state: &State, base: &str, token: Option<&str>) -> String {
    let over = state.now.0 >= state.script.0;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="2";
                title { "syncdyno serve" }
                style { (STYLE) }
            }
            body {
                h1 { "syncdyno serve" }
                p {
                    "Virtual time " (state.now) " of " (state.script)
                    @if over { " – the script is over: no more faults" }
                    ". "
                    @match state.server {
                        Some(said) => (servers(said)),
                        None => {
                            "The backend is "
                            @if state.backend_is_up { "up" } @else { span.down { "down" } }
                            ", with " (state.commits) " commits so far."
                        }
                    }
                }
                table {
                    tr { th { "device" } th { "link" } th { "network" } th { "requests" } th { "edits that wait" } th { "shown" } th { "last" } th {} }
                    @for (at, name) in state.names.iter().enumerate() { (row(state, at, name, base, token)) }
                }
                @match token {
                    Some(token) => form method="post" action=(format!("{base}/verdict?token={token}")) {
                        p { button { "Judge and end" } }
                    },
                    None => p { small { "Open the page with ?token=… as it was printed to cut links and to judge." } },
                }
            }
        }
    };
    page.into_string()
}

fn servers(said: ServerReportCounts) -> String {
    let rest = said
        .at_rest
        .map_or_else(|| "no rows known at rest".to_owned(), |rows| format!("{rows} rows at rest"));
    format!("Your server has reported {} rows at the start, {} commits and {rest}.", said.rows, said.commits)
}

fn row(state: &State, at: usize, name: &str, base: &str, token: Option<&str>) -> Markup {
    let seen = &state.devices[at];
    let network = format!("{:?}", seen.link.network).to_lowercase();
    html! {
        tr {
            td { (name) }
            td { (seen.link.name) br; small { (seen.link.rtt) } }
            td {
                @if seen.link.carries { (network) } @else { span.down { (network) ", the link is cut" } }
            }
            td { (seen.requests) @if seen.under_way > 0 { ", " (seen.under_way) " in flight" } }
            td {
                @match seen.edits {
                    (made, Some(waits)) => { (waits) " of " (made) },
                    (made, None) => { "not reported, of " (made) },
                }
            }
            td { @if seen.showed { "yes" } @else { "no" } }
            td { small { (seen.last) } }
            td {
                @if let Some(token) = token {
                    @for seconds in [5, 30] {
                        form method="post" action=(format!("{base}/cut?number={at}&seconds={seconds}&token={token}")) {
                            button { "cut " (seconds) " s" }
                        }
                        " "
                    }
                }
            }
        }
    }
}
