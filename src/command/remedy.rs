//! What to do about an error that is not the file's fault: a full disk, a server that is away, a lock of somebody else's.

use crate::engine::EngineError;
use crate::engine::runner::INTERRUPTED;

/// No room for rows, for a file, or for the log of a transaction; `MySQL` and `MariaDB` alike.
const NO_ROOM: [u32; 5] = [1021, 1026, 1114, 1197, 1878];
/// Any error of a storage engine, which is all that `MariaDB` says of a copy that finds no room.
const STORAGE_ENGINE: u32 = 1030;
/// The server goes down, or has ended the connection.
const AWAY: [u32; 10] = [1053, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 3169, 4031];

/// The account may not do it: a database, a table or a column, a routine, a privilege, SUPER or its like.
const DENIED: [u32; 7] = [1044, 1142, 1143, 1227, 1370, 1419, 1045];

/// What to do before the command is run again.
#[must_use]
pub(super) fn remedy(error: &EngineError) -> &'static str {
    let code = error.code();
    let says_full = || {
        let text = error.to_string().to_lowercase();
        ["no space left", "errno: 28", "errno 28", "disk is full"].iter().any(|words| text.contains(words))
    };
    match (error, code) {
        (EngineError::Connection(_), _) => "when the server can be reached, run the command again",
        (_, Some(code)) if AWAY.contains(&code) => "when the server can be reached, run the command again",
        (_, Some(code)) if NO_ROOM.contains(&code) || says_full() => {
            "the server found no room: free space where it keeps its data and its temporary files, then run the command again"
        }
        (_, Some(STORAGE_ENGINE)) => {
            "the storage engine does not say more; most often the disk is full: free space there, then run the command again"
        }
        (_, Some(code)) if DENIED.contains(&code) => "grant the account that right, then run the command again",
        // The refusal says what to do.
        (EngineError::Refused(_), _) => "after that, run the command again",
        (EngineError::Interrupted | EngineError::Locked(_) | EngineError::Blocked { .. }, _)
        | (_, Some(INTERRUPTED | 1205 | 1213 | 3572)) => "run the command again",
        _ => "correct the file and run the command again",
    }
}

/// The remedy for an error that has left nothing behind, where it is another than to correct the file.
#[must_use]
pub(super) fn remedy_elsewhere(error: &EngineError) -> Option<&'static str> {
    // Whose turn it was is said with the error.
    if matches!(
        error,
        EngineError::Blocked { .. } | EngineError::Interrupted | EngineError::Locked(_) | EngineError::Refused(_)
    ) {
        return None;
    }
    Some(remedy(error)).filter(|remedy| !remedy.starts_with("correct the file") && error.code() != Some(INTERRUPTED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::ServerWarning;

    fn server(code: u32, message: &str) -> EngineError {
        EngineError::Server(ServerWarning { level: "Error".into(), code, message: message.into() })
    }

    #[test]
    fn the_file_is_blamed_only_for_what_it_says() {
        for full in [1114, 1021, 1030] {
            assert!(remedy(&server(full, "The table 't' is full")).contains("free space"), "{full}");
        }
        assert!(
            remedy(&server(3, "Error writing file '/t/x' (OS errno 28 - No space left on device)")).contains("free")
        );
        for away in [server(1053, "Server shutdown in progress"), EngineError::Connection("it broke".into())] {
            assert!(remedy(&away).starts_with("when the server can be reached"), "{away}");
        }
        for wrong in [1062, 1064, 1146, 1553] {
            assert!(remedy(&server(wrong, "x")).starts_with("correct the file"), "{wrong}");
            assert_eq!(remedy_elsewhere(&server(wrong, "x")), None);
        }
        assert!(remedy(&server(1142, "DROP command denied")).starts_with("grant the account"));
        assert_eq!(remedy(&EngineError::Refused("too big".into())), "after that, run the command again");
        assert_eq!(remedy_elsewhere(&EngineError::Refused("too big".into())), None);
        assert_eq!(remedy(&server(1205, "Lock wait timeout exceeded")), "run the command again");
        assert!(remedy_elsewhere(&server(1114, "x")).is_some());
    }
}
