//! The commands that a report names, as a shell reads them.

/// The command that runs a cell of the run in `folder` again, as a shell reads it.
pub fn replay_command(folder: &str, cell: &str) -> String {
    replay_file(&format!("{folder}#{cell}"))
}

/// The command that runs the one cell of a scenario file again, as a shell reads it.
pub fn replay_file(path: &str) -> String {
    let options_end = if path.starts_with('-') { "-- " } else { "" };
    format!("{REPLAY}{options_end}{}", shell_word(path))
}

/// The command `replay` with the life of a record.
pub fn replay_record(replay: &str, record: &str) -> String {
    let target = replay.strip_prefix(REPLAY).unwrap_or(replay);
    let record = shell_word(record);
    // Behind `--` nothing is an option.
    if target.starts_with("-- ") {
        format!("{REPLAY}--record {record} {target}")
    } else {
        format!("{REPLAY}{target} --record {record}")
    }
}

const REPLAY: &str = "syncdyno replay ";

/// A text as one word of a shell.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._=-#".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
