//! The link model held against measured transfers.
//!
//! [`transfers`] and [`outages`] read a file of measurements, predict each cell with the arithmetic of [`net::tcp`](crate::net::tcp), and
//! say how far off the predictions are, by group and by kind, beside the tolerance of each kind. The prediction never looks at the
//! measured times. [`TRANSFERS`] and [`OUTAGES`] are the files that the model was built beside; who measures a network of their own
//! writes the same columns.
//!
//! How a cell is predicted: `cold` and `tls` on a new connection; `warm0` and `warmidle` on a kept one that carries all sizes of its group
//! in rising order, as many rounds as there are samples (the reference was measured so), the median of which is told; with losses
//! the mean over [`REPETITIONS`] seeded runs (of such a connection, if it is kept), held against the measured mean.

mod cells;
mod predict;
mod sheet;
mod tally;

use std::collections::BTreeMap;

use cells::{COLUMNS, Cell, OUTAGE_COLUMNS, OutageCell};
use sheet::ROWS_MAX;

pub use predict::REPETITIONS;
pub use sheet::Malformed;
pub(in crate::campaign) use sheet::{Row, Sheet, whole};
pub use tally::{Group, Kind, listing};

/// Transfers measured on Linux 6.18; `reference/README.md` says how.
pub const TRANSFERS: &str = include_str!("../../../../reference/tcp.csv");
/// Transfers with an outage in the middle, measured on Linux 6.18.
pub const OUTAGES: &str = include_str!("../../../../reference/tcp-outage.csv");

/// The column of predictions.
pub const PREDICTED: &str = "predicted_s";

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// Errors by link, mode, congestion control and loss.
    pub groups: Vec<Group>,
    /// Errors by what has a tolerance of its own.
    pub kinds: Vec<Kind>,
    /// The file with a column `predicted_s`.
    pub csv: String,
}

impl Validation {
    /// Whether every tolerance that was judged is met; `None` if nothing was judged.
    pub fn met(&self) -> Option<bool> {
        let mut judged = self.kinds.iter().filter_map(|kind| kind.met).peekable();
        judged.peek().is_some().then(|| judged.all(|met| met))
    }
}

/// Holds the model against a file of transfers.
///
/// # Errors
///
/// The file is not what it should be.
pub fn transfers(file: &[u8]) -> Result<Validation, Malformed> {
    let sheet = Sheet::read(file, &COLUMNS, ROWS_MAX)?;
    let cells: Vec<Cell> = sheet.rows().map(cells::cell).collect::<Result<_, _>>()?;
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (n, cell) in cells.iter().enumerate() {
        let key = (cell.link.clone(), cell.congestion, cell.mode, cell.direction, cell.loss.to_bits());
        groups.entry(key).or_default().push(n);
    }
    let mut predictions = vec![predict::Prediction { seconds: 0.0, error: 0.0 }; cells.len()];
    for members in groups.values() {
        let group: Vec<&Cell> = members.iter().map(|n| &cells[*n]).collect();
        for (n, prediction) in members.iter().zip(predict::group(&group)) {
            predictions[*n] = prediction;
        }
    }
    let column: Vec<String> =
        predictions.iter().map(|prediction| format!("{:.5}", prediction.seconds)).collect();
    let (groups, kinds) = tally::transfers(&cells, &predictions);
    Ok(Validation { groups, kinds, csv: sheet.with_column(PREDICTED, &column) })
}

/// Holds the model against a file of transfers with an outage in the middle.
///
/// # Errors
///
/// The file is not what it should be.
pub fn outages(file: &[u8]) -> Result<Validation, Malformed> {
    let sheet = Sheet::read(file, &OUTAGE_COLUMNS, ROWS_MAX)?;
    cells::names_links(&sheet)?;
    let cells: Vec<OutageCell> =
        sheet.rows().map(|row| cells::outage_cell(row, &sheet)).collect::<Result<_, _>>()?;
    let stairs: Vec<predict::Stair> = cells.iter().map(predict::outage).collect();
    let told =
        |stair: &predict::Stair| stair.seconds.map(|seconds| format!("{seconds:.4}")).unwrap_or_default();
    let column: Vec<String> = stairs.iter().map(told).collect();
    let (groups, kinds) = tally::outages(&cells, &stairs);
    Ok(Validation { groups, kinds, csv: sheet.with_column(PREDICTED, &column) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a file that only names its links.
    const NAMED: &str =
        "profile,congestion_control,response_bytes,outage_start_s,outage_s,samples,median_s,min_s,max_s";

    fn told(validation: &Validation) -> String {
        validation.kinds.iter().map(|kind| format!("{kind:?}\n")).collect()
    }

    #[test]
    fn every_tolerance_of_the_reference_is_met() {
        let validation = transfers(TRANSFERS.as_bytes()).expect("the reference is well formed");
        assert_eq!(validation.met(), Some(true), "{}", told(&validation));
        let cells: usize = validation.groups.iter().map(|group| group.cells).sum();
        assert_eq!(cells, 396);
        assert_eq!(validation.kinds.len(), 6, "{}", told(&validation));
    }

    #[test]
    fn the_staircase_of_the_reference_is_met() {
        let validation = outages(OUTAGES.as_bytes()).expect("the reference is well formed");
        assert_eq!(validation.met(), Some(true), "{}", told(&validation));
        assert_eq!(validation.kinds.iter().map(|kind| kind.cells).collect::<Vec<_>>(), [11, 81]);
        let close: usize = validation.groups.iter().map(|group| group.close).sum();
        assert!(close >= 100, "{close} of 108 are within 5 %, edges and all");
    }

    #[test]
    fn at_the_edge_of_a_step_nothing_is_judged_and_nothing_is_met() {
        let file = |row: &str| outages(format!("{NAMED}\n{row}\n").as_bytes()).expect("it is well formed");
        let edge = file("lte,cubic,2000000,0.6,0.1,2,1.6,1.6,3.2");
        assert_eq!((edge.met(), edge.kinds[0].met, edge.kinds[0].cells), (None, None, 0));
        assert!(listing(&edge.kinds).contains("not judged"), "{}", listing(&edge.kinds));
        assert_eq!(file("lte,cubic,2000000,0.6,0.1,2,9.6,9.6,9.6").met(), Some(false));
    }

    #[test]
    fn a_prediction_does_not_look_at_the_measurement() {
        let lines: Vec<&str> = TRANSFERS.lines().take(60).collect();
        let doubled: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| match line.rsplitn(3, ',').nth(2) {
                Some(rest) if n > 0 => format!("{rest},9.5,9.5"),
                _ => (*line).to_owned(),
            })
            .collect();
        let predicted = |text: &str| -> Vec<String> {
            let csv = transfers(text.as_bytes()).expect("it is well formed").csv;
            csv.lines().map(|line| line.rsplit(',').next().unwrap_or_default().to_owned()).collect()
        };
        let honest = predicted(&lines.join("\n"));
        assert_eq!(honest[0], "predicted_s");
        assert_eq!(honest.len(), 60);
        assert_eq!(honest, predicted(&doubled.join("\n")));
    }

    fn predicted(validation: &Validation) -> Vec<f64> {
        let lines = validation.csv.lines().skip(1);
        lines.map(|line| line.rsplit(',').next().unwrap_or_default().parse().expect("a number")).collect()
    }

    #[test]
    fn losses_on_a_kept_connection_cost_what_they_cost_in_the_mean() {
        let header = TRANSFERS.lines().next().expect("there is a header");
        let rows = |mode: &str, samples: u64| {
            let row = |loss: &str| {
                format!(
                    "a,2000000,2000000,150,20000000,20000000,cubic,{mode},down,{loss},200,1000,{samples},1,1"
                )
            };
            let rows = ["0", "0.02", "0.1", "0.2"].map(row).join("\n");
            predicted(&transfers(format!("{header}\n{rows}\n").as_bytes()).expect("it is well formed"))
        };
        for samples in [2, 10] {
            let kept = rows("warm0", samples);
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "more loss is slower: {kept:?}");
            // Request and answer are of a packet each: what a lost one costs is a probe's wait of 0.8 s or so, at 20 % more than
            // every third time.
            assert!((0.25..0.6).contains(&(kept[3] - kept[0])), "{kept:?}");
            let cold = rows("cold", samples);
            assert!(cold.iter().zip(&kept).all(|(cold, kept)| cold > kept), "{cold:?} and {kept:?}");
        }
    }

    #[test]
    fn an_earlier_prediction_makes_room_for_the_new_one() {
        let few: String = TRANSFERS.lines().take(4).map(|line| format!("{line}\n")).collect();
        let once = transfers(few.as_bytes()).expect("it is well formed").csv;
        let stale = once.replacen("predicted_s", "predicted_s,mine", 1).replace(",0.", ",0.0");
        assert_eq!(transfers(once.as_bytes()).expect("it is well formed").csv, once);
        assert_ne!(stale, once);
    }

    #[test]
    fn an_outage_that_nobody_survives_has_no_prediction() {
        let told = outages(format!("{NAMED}\nlte,cubic,2000000,0.6,2000,2,2002,2002,2002\n").as_bytes());
        let told = told.expect("it is well formed");
        assert!(told.csv.ends_with(",2002,2002,2002,\n"), "{}", told.csv);
        assert_eq!(told.met(), Some(false));
    }

    #[test]
    fn a_wrong_measurement_breaks_its_tolerance() {
        let wrong = TRANSFERS.replace(",3,0.14190,", ",3,0.19190,").replace(",3,0.14839,", ",3,0.19839,");
        assert_ne!(wrong, TRANSFERS);
        let validation = transfers(wrong.as_bytes()).expect("it is well formed");
        let broken: Vec<&str> = validation
            .kinds
            .iter()
            .filter(|kind| kind.met == Some(false))
            .map(|kind| kind.name.as_str())
            .collect();
        assert_eq!(broken, ["CUBIC, cold, deep queue"]);
    }

    const OWN: &str = "up_bps,down_bps,one_way_delay_ms,queue_up_bytes,queue_down_bytes,congestion_control,response_bytes,\
                       outage_start_s,outage_s,median_s,min_s,max_s";

    #[test]
    fn a_column_is_wanted_only_where_it_is_used() {
        let row = "12000000,12000000,35,420000,420000,cubic,2000000,0.6,2,4.29,4.2,4.3";
        let own = outages(format!("{OWN}\n{row}\n").as_bytes()).expect("its link is in the columns");
        assert_eq!(own.groups[0].name, "own link, cubic");
        let header = TRANSFERS.lines().next().expect("there is a header");
        let lossless = "lte,12000000,12000000,35,420000,420000,cubic,cold,down,0,200,1000,3,0.14";
        for file in
            [format!("{}\n{lossless}\n", header.replace(",mean_s", "")), format!("{header}\n{lossless},\n")]
        {
            assert!(transfers(file.as_bytes()).is_ok(), "{file}");
            let lossy = transfers(file.replace("down,0,", "down,0.01,").as_bytes());
            assert_eq!(lossy.expect_err("a mean is wanted").column.as_deref(), Some("loss"));
        }
    }

    #[test]
    fn a_file_that_cannot_be_predicted_is_refused_with_line_and_column() {
        type Reads = fn(&[u8]) -> Result<Validation, Malformed>;
        let mut told = String::new();
        let mut refused = |what: &str, reads: Reads, file: &[u8]| {
            let windows = String::from_utf8_lossy(file).replace('\n', "\r\n");
            let error = reads(file).expect_err(what);
            told += &format!("{what}: {error}\n");
            let text = std::str::from_utf8(file).is_ok();
            assert!(!text || reads(windows.as_bytes()) == Err(error), "whatever ends its lines: {what}");
        };
        let header = TRANSFERS.lines().next().expect("there is a header");
        let row = "lte,12000000,12000000,35,420000,420000,cubic,cold,down,0,200,1000,3,0.14,0.14";
        let file = |row: &str| format!("{header}\n{row}\n");
        assert!(transfers(file(row).as_bytes()).is_ok());
        for (from, to) in [
            (",35,", ",thirty,"),
            (",35,", ",-1,"),
            (",35,", ",NaN,"),
            ("lte,12000000", "lte,0"),
            ("cubic", "vegas"),
            ("cold", "lukewarm"),
            ("down", "sideways"),
            (",0,200", ",1.5,200"),
            (",1000,", ",1e3,"),
            (",3,", ",0,"),
            ("0.14,0.14", "0,0.14"),
            ("0.14,0.14", "0.14"),
            ("lte", "\"lte"),
        ] {
            refused(to, transfers, file(&row.replacen(from, to, 1)).as_bytes());
        }
        // What is too much to predict.
        for row in [
            "x,200000000,240000000,20,256000,256000,cubic,cold,down,0.01,200,1000000000000,20,5,5",
            "x,200000000,240000000,20,256000,256000,cubic,warm0,down,0.01,200,100000000,20,5,5",
            "x,200000,240000,20,256000,256000,bbr,cold,up,0,1000000000000,200,20,5,5",
        ] {
            refused(row, transfers, file(row).as_bytes());
        }
        for name in ["mean_s", "notes"] {
            let twice = file(row).replacen("mean_s\n", &format!("mean_s,{name},{name}\n"), 1);
            refused(name, transfers, twice.replace("0.14\n", "0.14,1,1\n").as_bytes());
        }
        for text in ["", header, "a,b\n1,2\n", &file(row).replace(',', ";")] {
            refused(text, transfers, text.as_bytes());
        }
        refused("not text", transfers, b"profile\n\xff\n");
        let row = "12000000,12000000,35,420000,420000,cubic,2000000,0.6,2,4.29,9,1";
        refused("extremes", outages, format!("{OWN}\n{row}\n").as_bytes());
        refused("no link", outages, format!("{}\n{}\n", &OWN[7..], &row[9..]).as_bytes());
        let part = "profile,up_bps,down_bps,congestion_control,response_bytes,outage_start_s,outage_s,median_s,min_s,max_s";
        let row = "lte,12000000,12000000,cubic,2000000,0.6,2,4.29,4.2,4.3";
        refused("a part of a link", outages, format!("{part}\n{row}\n").as_bytes());
        insta::assert_snapshot!(told);
    }
}
