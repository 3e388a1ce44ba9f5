//! Compares the link model with measured transfers.
//!
//! [`transfers`] and [`outages`] read a file of measurements and predict each cell with
//! [`net::tcp`](syncdyno_world::net::tcp). They report the deviations, with the tolerance of each
//! kind. The model was developed with the files [`TRANSFERS`] and [`OUTAGES`].
//!
//! `cold` and `tls` are predicted on a new connection, and `warm0` and `warmidle` on a reused one.
//! A reused connection transfers all sizes in rising order, in as many rounds as there are samples;
//! the prediction is the median. The reference was measured in this way. With losses, a prediction
//! is the mean of [`REPETITIONS`] seeded runs.

mod cells;
mod predict;
mod tally;

use std::collections::BTreeMap;

use syncdyno::campaign::calibrate::sheet::{Malformed, Sheet, WantedColumns};

use super::figures::Section;
use cells::{COLUMNS, Cell, OUTAGE_COLUMNS, OutageCell};
use tally::Off;

pub(super) use predict::REPETITIONS;

/// Transfers measured on Linux 6.18. `reference/README.md` describes the measurement.
pub(super) const TRANSFERS: &str = include_str!("../../../../../reference/tcp.csv");
/// Transfers with an outage in the middle, measured on Linux 6.18.
pub(super) const OUTAGES: &str = include_str!("../../../../../reference/tcp-outage.csv");

/// A file with more lines is another kind of file.
const ROWS_MAX: usize = 100_000;

/// The verdicts on a file, and the file with a column of predictions.
pub(super) type Predicted = (Section, String);

pub(super) fn transfers(file: &[u8]) -> Result<Predicted, Malformed> {
    let wanted = WantedColumns { all: &COLUMNS, one_of: &[] };
    let sheet = Sheet::read(file, wanted, ROWS_MAX)?;
    let cells: Vec<Cell> = sheet.rows().map(cells::cell).collect::<Result<_, _>>()?;
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (n, cell) in cells.iter().enumerate() {
        let key = (&cell.name, cell.link, cell.direction, cell.loss.to_bits());
        groups.entry(key).or_default().push(n);
    }
    let mut predictions = BTreeMap::new();
    for members in groups.values() {
        let group: Vec<&Cell> = members.iter().map(|n| &cells[*n]).collect();
        predictions.extend(members.iter().copied().zip(predict::group(&group)));
    }
    let column: Vec<String> = predictions.values().map(|of| format!("{:.5}", of.seconds)).collect();
    let off: Vec<Off> = cells.iter().zip(predictions.into_values()).map(tally::transfer).collect();
    let section = tally::section("transfers measured on Linux", &off);
    Ok((section, with_predictions(&sheet, &column)))
}

pub(super) fn outages(file: &[u8]) -> Result<Predicted, Malformed> {
    let wanted = WantedColumns { all: &OUTAGE_COLUMNS, one_of: &[] };
    let sheet = Sheet::read(file, wanted, ROWS_MAX)?;
    cells::names_links(&sheet)?;
    let cells: Vec<OutageCell> = sheet.rows().map(cells::outage_cell).collect::<Result<_, _>>()?;
    let stairs: Vec<predict::Stair> = cells.iter().map(predict::outage).collect();
    let seconds = |stair: &predict::Stair| stair.seconds.map(|s| format!("{s:.4}")).unwrap_or_default();
    let column: Vec<String> = stairs.iter().map(seconds).collect();
    let off: Vec<Off> = cells.iter().zip(stairs).map(tally::outage).collect();
    let section = tally::section("transfers with an outage during them", &off);
    Ok((section, with_predictions(&sheet, &column)))
}

/// The file with a column of predictions. An old column of predictions is replaced.
fn with_predictions(sheet: &Sheet, values: &[String]) -> String {
    const NAME: &str = "predicted_s";
    let mut writer = csv::Writer::from_writer(Vec::new());
    let known = sheet.has(NAME);
    let mut put = |record: &csv::StringRecord, value: &str| {
        let fields = sheet.header.iter().zip(record);
        let fields = fields.map(|(column, field)| if column == NAME { value } else { field });
        let record: csv::StringRecord = fields.chain((!known).then_some(value)).collect();
        writer.write_record(&record).expect("memory takes it and all records are of one length");
    };
    put(&sheet.header, NAME);
    sheet.records.iter().zip(values).for_each(|(record, value)| put(record, value));
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("UTF-8 went in")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a file that only names its links, and of a file that only describes them.
    const NAMED: &str =
        "profile,congestion_control,response_bytes,outage_start_s,outage_s,samples,median_s,min_s,max_s";
    const OWN: &str = "up_bps,down_bps,one_way_delay_ms,queue_up_bytes,queue_down_bytes,congestion_control,\
                       response_bytes,outage_start_s,outage_s,median_s,min_s,max_s";
    /// A row of a file of transfers; `with_header` puts it after the header.
    const ROW: &str = "lte,12000000,12000000,35,420000,420000,cubic,cold,down,0,200,1000,3,0.14,0.14";

    fn with_header(row: &str) -> String {
        format!("{}\n{row}\n", TRANSFERS.lines().next().expect("there is a header"))
    }

    /// The values of the last column.
    fn predicted(file: &str) -> Vec<f64> {
        let csv = transfers(file.as_bytes()).expect("it is well formed").1;
        let last = |line: &str| line.rsplit(',').next().unwrap_or_default().parse().expect("a number");
        csv.lines().skip(1).map(last).collect()
    }

    fn verdicts(section: &Section) -> Vec<(usize, bool)> {
        section.kinds.iter().map(|kind| (kind.figures, kind.met)).collect()
    }

    #[test]
    fn every_tolerance_of_the_reference_is_met() {
        let section = transfers(TRANSFERS.as_bytes()).expect("the reference is well formed").0;
        assert_eq!(verdicts(&section), [71, 23, 45, 116, 120, 13].map(|n| (n, true)), "{section:?}");
        let section = outages(OUTAGES.as_bytes()).expect("the reference is well formed").0;
        assert_eq!(verdicts(&section), [(11, true), (81, true)], "{section:?}");
    }

    #[test]
    fn an_outage_is_judged_off_the_edges_and_missed_where_nobody_survives_it() {
        for (row, csv, judged) in [
            ("lte,cubic,2000000,0.6,0.1,2,1.6,1.6,3.2", "", vec![]),
            ("lte,cubic,2000000,0.6,0.1,2,9.6,9.6,9.6", "", vec![(1, false)]),
            ("lte,cubic,2000000,0.6,2000,2,2002,2002,2002", ",2002,\n", vec![(1, false)]),
        ] {
            let told = outages(format!("{NAMED}\n{row}\n").as_bytes()).expect("it is well formed");
            assert_eq!(verdicts(&told.0), judged, "{row}");
            assert!(told.1.ends_with(csv), "{}", told.1);
        }
    }

    #[test]
    fn a_prediction_does_not_look_at_the_measurement_which_is_judged_by_it() {
        let few: Vec<&str> = TRANSFERS.lines().take(60).collect();
        let doubled = few.iter().enumerate().map(|(n, line)| match line.rsplitn(3, ',').nth(2) {
            Some(rest) if n > 0 => format!("{rest},9.5,9.5\n"),
            _ => format!("{line}\n"),
        });
        let doubled: String = doubled.collect();
        assert_eq!(predicted(&few.join("\n")), predicted(&doubled));
        let section = transfers(doubled.as_bytes()).expect("it is well formed").0;
        assert!(section.kinds.iter().all(|kind| !kind.met), "{section:?}");
    }

    #[test]
    fn losses_on_a_kept_connection_cost_what_they_cost_in_the_mean() {
        let rows = |mode: &str, samples: u64| {
            let row = |loss: &str| {
                format!(
                    "a,2000000,2000000,150,20000000,20000000,cubic,{mode},down,{loss},200,1000,{samples},1,1"
                )
            };
            predicted(&with_header(&["0", "0.02", "0.1", "0.2"].map(row).join("\n")))
        };
        for samples in [2, 10] {
            let kept = rows("warm0", samples);
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "more loss is slower: {kept:?}");
            // Request and response are one packet each. In more than a third of the cases one is
            // lost, which costs a probe timeout of about 0.8 s.
            assert!((0.25..0.6).contains(&(kept[3] - kept[0])), "{kept:?}");
            let cold = rows("cold", samples);
            assert!(cold.iter().zip(&kept).all(|(cold, kept)| cold > kept), "{cold:?} and {kept:?}");
        }
    }

    #[test]
    fn a_column_is_wanted_only_where_it_is_used() {
        let own = format!("{OWN}\n12000000,12000000,35,420000,420000,cubic,2000000,0.6,2,4.29,4.2,4.3\n");
        assert_eq!(verdicts(&outages(own.as_bytes()).expect("it says what its link is").0), [(1, true)]);
        let lossless = &ROW[..ROW.len() - 5];
        for file in [with_header(lossless).replace(",mean_s", ""), with_header(&format!("{lossless},"))] {
            assert!(transfers(file.as_bytes()).is_ok(), "{file}");
            let lossy = transfers(file.replace("down,0,", "down,0.01,").as_bytes());
            assert_eq!(lossy.expect_err("a mean is wanted").column.as_deref(), Some("loss"));
        }
    }

    #[test]
    fn a_file_that_cannot_be_predicted_is_refused_with_line_and_column() {
        let file = with_header(ROW);
        let mut files: Vec<(&str, String)> = [
            (",35,", ",thirty,"),
            (",35,", ",NaN,"),
            ("lte,12000000", "lte,0"),
            ("cubic", "vegas"),
            (",0,200", ",1.5,200"),
            (",1000,", ",1e3,"),
            (",3,", ",0,"),
            ("0.14,0.14", "0,0.14"),
            ("0.14,0.14", "0.14"),
            ("lte", "\"lte"),
            // These transfers are too large for a prediction: on a new connection, on a reused one,
            // and in a day.
            (",0,200,1000,", ",0.01,200,1000000000000,"),
            ("cold,down,0,200,1000,3", "warm0,down,0.01,200,100000000,20"),
            (",0,200,1000,", ",0,200,1000000000000,"),
        ]
        .map(|(from, to)| (to, file.replacen(from, to, 1)))
        .to_vec();
        for name in ["mean_s", "notes"] {
            let twice = file.replacen("mean_s\n", &format!("mean_s,{name},{name}\n"), 1);
            files.push((name, twice.replace("0.14\n", "0.14,1,1\n")));
        }
        let empty = with_header("");
        files.extend([("nothing", String::new()), ("no rows", empty), ("others", "a,b\n1,2\n".to_owned())]);
        let mut told = String::new();
        for (what, file) in &files {
            let error = transfers(file.as_bytes()).expect_err(what);
            told += &format!("{what}: {error}\n");
            let windows = file.replace('\n', "\r\n");
            assert_eq!(transfers(windows.as_bytes()), Err(error), "whatever ends its lines: {what}");
        }
        told += &format!("not text: {}\n", transfers(b"profile\n\xff\n").expect_err("not UTF-8"));
        let row = "12000000,12000000,35,420000,420000,cubic,2000000,0.6,2,4.29,9,1";
        for (what, file) in
            [("extremes", format!("{OWN}\n{row}\n")), ("a part", format!("{}\n{}\n", &OWN[7..], &row[9..]))]
        {
            told += &format!("{what}: {}\n", outages(file.as_bytes()).expect_err(what));
        }
        insta::assert_snapshot!(told);
    }
}
