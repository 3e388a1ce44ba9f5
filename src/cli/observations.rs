//! Writes the observations of each cell (simulation) when it ends: `series.csv`, `hist/*.hlog` and
//! `console.txt`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;

use crate::campaign::Observed;
use crate::record::{Folder, FolderError, Part, flat, histograms};

pub(super) struct Observations(Mutex<Result<Files, FolderError>>);

struct Files {
    folder: Folder,
    series: flat::Series<Part>,
    logs: BTreeMap<String, Part>,
    console: Option<Part>,
}

const SERIES: &str = "series.csv";
pub(super) const CONSOLE: &str = "console.txt";

impl Observations {
    pub(super) fn begin(folder: &Folder) -> Result<Observations, FolderError> {
        let part = folder.begin(SERIES)?;
        let series = flat::Series::new(part).map_err(|cause| failed(folder, SERIES, cause))?;
        Ok(Observations(Mutex::new(Ok(Files {
            folder: folder.clone(),
            series,
            logs: BTreeMap::new(),
            console: None,
        }))))
    }

    /// Adds a cell. The first error is reported only at the end, because other results are
    /// valuable.
    pub(super) fn add(&self, id: &str, observed: &Observed) {
        let mut files = self.0.lock().expect("nobody panics while writing");
        if let Ok(open) = &mut *files
            && let Err(error) = open.add(id, observed)
        {
            *files = Err(error);
        }
    }

    pub(super) fn finish(self) -> Result<(), FolderError> {
        let Files { folder, series, logs, console } =
            self.0.into_inner().expect("nobody panics while writing")?;
        series.into_inner().map_err(|cause| failed(&folder, SERIES, cause))?.finish()?;
        console.into_iter().chain(logs.into_values()).try_for_each(Part::finish)
    }
}

impl Files {
    fn add(&mut self, id: &str, observed: &Observed) -> Result<(), FolderError> {
        let Files { folder, series, logs, console } = self;
        series.add(id, &observed.series).map_err(|cause| failed(folder, SERIES, cause))?;
        for (metric, line) in &observed.histograms {
            let log = match logs.entry(metric.clone()) {
                std::collections::btree_map::Entry::Occupied(log) => log.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => {
                    let mut part = folder.begin(&format!("hist/{metric}.hlog"))?;
                    part.write_all(histograms::HEAD.as_bytes()).map_err(|cause| part.failed(cause))?;
                    place.insert(part)
                }
            };
            log.write_all(line.as_bytes()).map_err(|cause| log.failed(cause))?;
        }
        for line in &observed.console {
            let part = match console {
                Some(part) => part,
                None => console.insert(folder.begin(CONSOLE)?),
            };
            writeln!(part, "{id} {line}").map_err(|cause| part.failed(cause))?;
        }
        Ok(())
    }
}

fn failed(folder: &Folder, name: &str, cause: io::Error) -> FolderError {
    FolderError { path: folder.path().join(name), cause }
}
