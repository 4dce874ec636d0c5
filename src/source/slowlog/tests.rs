//! Logs as several servers write them, whole and damaged.

use super::event::Pieces;
use super::*;
use proptest::prelude::*;
use std::io::Write;

fn of(text: &str) -> Digest {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    read(&[file.path().to_owned()]).unwrap()
}

fn counts(digest: &Digest) -> Vec<(&str, u64)> {
    let mut counts: Vec<_> = digest.classes.iter().map(|class| (class.fingerprint.as_str(), class.count)).collect();
    counts.sort_unstable();
    counts
}

fn reasons(digest: &Digest) -> Vec<&str> {
    digest.broken.iter().map(|broken| broken.reason.as_str()).collect()
}

const MYSQL_8: &str = "/usr/sbin/mysqld, Version: 8.4.3 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /run/mysqld.sock
Time                 Id Command    Argument
# Time: 2026-01-02T03:04:05.000001Z
# User@Host: app[app] @ web [10.0.0.1]  Id:    12
# Query_time: 0.250000  Lock_time: 0.000012 Rows_sent: 3  Rows_examined: 1000
use shop;
SET timestamp=1767323045;
SELECT a FROM t
# not a header
WHERE id = 5;
# Time: 2026-01-02T03:06:05.000001Z
# User@Host: app[app] @ web [10.0.0.1]  Id:    12
# Query_time: 1.500000  Lock_time: 0.000012 Rows_sent: 1  Rows_examined: 10
SET timestamp=1767323165;
SELECT a FROM t
# not a header
WHERE id = 77;
# User@Host: app[app] @ web [10.0.0.1]  Id:    12
# Query_time: 0.000001  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
SET timestamp=1767323165;
# administrator command: Ping;
";

#[test]
fn mysqls_log_is_read() {
    let digest = of(MYSQL_8);
    assert_eq!(counts(&digest), [("administrator command: Ping", 1), ("select a from t where id = ?", 2)]);
    let class = &digest.classes[0];
    assert_eq!((class.total_ms, class.max_ms), (Some(1750.0), Some(1500.0)));
    assert_eq!((class.rows_examined, class.rows_sent, digest.span_seconds), (Some(1010), Some(4), Some(120)));
    assert_eq!(class.sample, "SELECT a FROM t\n# not a header\nWHERE id = 77");
    assert_eq!((digest.events, digest.broken.len()), (3, 0));
}

#[test]
fn mariadbs_and_percona_servers_lines_are_read() {
    let digest = of("# Time: 260102  3:04:05
# User@Host: root[root] @ localhost []
# Thread_id: 5  Schema: shop  QC_hit: No
# Query_time: 0.000200  Lock_time: 0.000040  Rows_sent: 1  Rows_examined: 2
# Rows_affected: 0  Bytes_sent: 60
# Full_scan: Yes  Full_join: No  Tmp_table: No
#
# explain: id\tselect_type\ttable
SET timestamp=1767323045;
SELECT 1;
# User@Host: root[root] @ localhost []  Id:     7
# Schema:   Last_errno: 0  Killed: 0
# Query_time: 2  Lock_time: 0.000040  Rows_sent: 1  Rows_examined: 2  Rows_affected: 0
SET last_insert_id=3,timestamp=1767323050;
SELECT 2;
");
    assert_eq!(counts(&digest), [("select ?", 2)]);
    let class = &digest.classes[0];
    assert_eq!((class.total_ms, class.rows_examined, class.database.as_deref()), (Some(2000.2), Some(4), None));
    assert_eq!(digest.span_seconds, Some(5));
}

#[test]
fn a_damaged_log_loses_the_broken_event_only_and_says_so() {
    let event = |sql: &str| {
        format!(
            "# Time: 2026-01-02T03:04:05.0Z\n# User@Host: a[a] @  [::1]  Id: 1\n# Query_time: 0.1  Rows_sent: 0\n{sql};\n"
        )
    };
    let (one, two) = (event("SELECT 1"), event("SELECT a FROM t"));
    let banner = "/usr/sbin/mysqld, Version: 8.4.3 (MySQL). started with:\nTcp port: 3306  Unix socket: x\nTime                 Id Command    Argument\n";
    let cut = &one[..one.len() - 5];
    let cases = [
        (format!("{cut}\n{banner}{two}"), 1, "the statement is cut off by what comes after it"),
        (format!("{cut}\n{two}"), 1, "the statement is cut off by what comes after it"),
        (format!("{cut}{two}"), 1, "the statement is cut off by what comes after it"),
        (format!("{cut}{banner}{two}"), 1, "the server stopped before the statement was written"),
        (format!("{two}{cut}"), 1, "the log ends within the statement"),
        (format!("{two}{}", &one[..one.len() - 10]), 1, "the log ends before the statement"),
        (format!("ELECT 5;\n{two}"), 1, "a statement without its header lines"),
        (
            format!("# Time: 2026-01-02T03:04:05.0Z\n# User@Host: a[a]\nSELECT 5;\n{two}"),
            1,
            "header lines without a time",
        ),
        (
            format!("# Time: 2026-01-02T03:04:05.0Z\n# User@Host: a[a] @ \n{banner}{two}"),
            1,
            "the server stopped before the statement was written",
        ),
    ];
    for (text, events, reason) in cases {
        let digest = of(&text);
        assert_eq!((digest.events, reasons(&digest)), (events, vec![reason]), "{text}");
        assert_eq!(counts(&digest), [("select a from t", 1)], "{text}");
    }
}

#[test]
fn windows_line_ends_and_other_encodings_are_read() {
    let digest = of(&MYSQL_8.replace('\n', "\r\n"));
    assert_eq!(digest.events, 3);
    assert_eq!(digest.classes[0].count, 2);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"# User@Host: a[a] @ x []\n# Query_time: 1\nSELECT 'gr\xfcn' FROM t;\n").unwrap();
    let digest = read(&[file.path().to_owned()]).unwrap();
    assert_eq!(counts(&digest), [("select ? from t", 1)]);
}

#[test]
fn what_is_no_slow_log_is_refused_by_name() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"hello\n").unwrap();
    let error = read(&[file.path().to_owned()]).unwrap_err();
    assert!(error.message.contains("no event of a slow log"), "{error}");
    assert_eq!(of("").events, 0);
    assert!(read(&["/nonexistent/slow.log".into()]).unwrap_err().message.contains("cannot be read"));
}

#[test]
fn blocks_do_not_show_in_the_result() {
    // Some 12 MB: several blocks, and one event that is longer than a block.
    let long = format!("# User@Host: a[a] @ x []\n# Query_time: 1\nSELECT '{}';\n", "x".repeat(5 << 20));
    let text = format!("{}{long}{}", MYSQL_8.repeat(4000), MYSQL_8.repeat(4000));
    let digest = of(&text);
    let expected = [("administrator command: Ping", 8000), ("select ?", 1), ("select a from t where id = ?", 16000)];
    assert_eq!(counts(&digest), expected);
    assert_eq!((digest.broken.len(), digest.bytes), (0, text.len() as u64));
    let class = |name: &str| digest.classes.iter().find(|class| class.fingerprint == name).unwrap();
    assert_eq!(class("select ?").sample, "", "a statement of 5 MB stands for nobody");
}

#[test]
fn compressed_logs_are_read_as_far_as_they_go() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(MYSQL_8.repeat(50).as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let digest = read(&[file.path().to_owned()]).unwrap();
    assert_eq!((digest.events, digest.broken.len()), (150, 0));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes[..bytes.len() - 20]).unwrap();
    let digest = read(&[file.path().to_owned()]).unwrap();
    assert!(digest.events > 100, "{}", digest.events);
    assert_eq!(reasons(&digest).last(), Some(&"the compressed file is cut off here"));
}

proptest! {
    #[test]
    fn every_byte_of_any_text_belongs_to_one_piece(
        parts in prop::collection::vec(prop::sample::select(vec![
            "# Time: 2026-01-02\n", "# User@Host: a[a] @ b []\n", "# Query_time: 0.5  Rows_sent: 1\n", "SELECT 1", ";",
            "\n", "#", "use x;\n", "SET timestamp=5;\n", "Tcp port: 1\n", "/mysqld, Version: 1 started with:\n",
            "# administrator command: Quit;\n", "# Query_time: x\n", "\r\n", "Schema: ", " ",
        ]), 0..20),
        goes_on: bool,
    ) {
        let text = parts.concat();
        let mut at = None;
        for (start, piece) in Pieces::new(text.as_bytes(), goes_on) {
            prop_assert!(at.is_none_or(|before| before < start));
            at = Some(start);
            if let Piece::Event(event) = piece {
                prop_assert!(!event.statement.is_empty() || event.is_timed || text.contains("administrator"));
            }
        }
        prop_assert_eq!(at.is_some(), !text.is_empty());
    }
}
