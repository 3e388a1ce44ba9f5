//! Questions with their answers.

use maud::{Markup, html};

use crate::analysis::by_list;
use crate::record::RunRecord;
use crate::render::claims::sentence;

pub(super) fn answers(record: &RunRecord) -> Markup {
    html! {
        @for list in by_list(record) {
            h2 { (list.headline()) }
            div.scroll tabindex="0" { table {
                thead { tr { th.n { "" } th { "question" } th { "answer" } } }
                tbody { @for one in &list.answers { tr {
                    td.n { (one.number) }
                    td { (one.first.asks) }
                    td { (one.mark()) (sentence(record, one.first)) (one.seeds()) }
                } } }
            } }
        }
    }
}
