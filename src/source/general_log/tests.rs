//! General logs as several servers write them, whole and damaged.

use super::*;
use crate::source::log::Event;
use proptest::prelude::*;
use std::io::Write;

fn of(text: &str) -> Digest {
    of_bytes(text.as_bytes()).unwrap()
}

fn counts(digest: &Digest) -> Vec<(&str, u64)> {
    let mut counts: Vec<_> = digest.classes.iter().map(|class| (class.fingerprint.as_str(), class.count)).collect();
    counts.sort_unstable();
    counts
}

const MYSQL: &str = "/usr/sbin/mysqld, Version: 9.7.0 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /run/mysqld.sock
Time                 Id Command    Argument
2026-01-02T03:04:05.000001Z\t    8 Connect\tapp@localhost on shop using Socket
2026-01-02T03:04:05.000002Z\t    8 Query\tSELECT a
  FROM t -- all of them
 WHERE id = 5
2026-01-02T03:04:06.000003Z\t   18 Init DB\tshop
2026-01-02T03:04:07.000003Z\t    8 Prepare\tSELECT b FROM t WHERE id = ?
2026-01-02T03:04:07.000004Z\t   18 Execute\tSELECT b FROM t WHERE id = 7
2026-01-02T03:06:05.000004Z\t    8 Query\tSELECT a
  FROM t -- all of them
 WHERE id = 77
2026-01-02T03:06:05.000005Z\t    8 Quit\t
";
const MARIADB: &str = "/usr/sbin/mariadbd, Version: 10.11.19-MariaDB-log (Debian 12). started with:
Tcp port: 3306  Unix socket: /run/mysqld.sock
Time\t\t    Id Command\tArgument
260102  3:04:05\t     3 Connect\tapp@localhost on  using Socket
\t\t     3 Init DB\tshop
\t\t     3 Query\tSELECT a
  FROM t -- all of them
 WHERE id = 5
\t\t     3 Prepare\tSELECT b FROM t WHERE id = ?
\t\t     3 Execute\tSELECT b FROM t WHERE id = 7
260102  3:06:05\t    18 Query\tSELECT a
  FROM t -- all of them
 WHERE id = 77
\t\t    18 Quit\t
";
const SEEN: [(&str, u64); 2] = [("select a from t where id = ?", 2), ("select b from t where id = ?", 1)];

#[test]
fn logs_of_both_servers_are_read() {
    for log in [MYSQL, MARIADB] {
        let digest = of(log);
        assert_eq!(counts(&digest), SEEN);
        let class = &digest.classes[0];
        assert_eq!(class.sample, "SELECT a\n  FROM t -- all of them\n WHERE id = 5");
        assert_eq!((class.total_ms, class.p95_ms, class.rows_examined), (None, None, None));
        assert_eq!((digest.events, digest.span_seconds, digest.broken.len()), (3, Some(120), 0));
        assert_eq!(counts(&of(&log.replace('\n', "\r\n"))), SEEN, "with the line ends of Windows");
    }
    assert_eq!(of(MYSQL).span_seconds, Some(120));
}

#[test]
fn what_is_damaged_loses_itself_only() {
    let query = |sql: &str| format!("2026-01-02T03:04:05.000001Z\t    8 Query\t{sql}\n");
    let old = |sql: &str| format!("260102  3:04:05\t    8 Query\t{sql}\n");
    let next = |sql: &str| format!("\t\t    8 Query\t{sql}\n");
    let banner = "/usr/sbin/mysqld, Version: 9.7.0 (MySQL). started with:\nTcp port: 3306  Unix socket: x\nTime                 Id Command    Argument\n";
    let torn = "the beginning of an event that is cut off";
    let cut = "the statement is cut off by what comes after it";
    let good = [("select a from t", 2)];
    let a = "SELECT a FROM t";
    for (text, line, reason) in [
        (format!("{}{}", query(a), query("SELECT b FR").trim_end()) + &query(a), 2, cut),
        (format!("{}{}", old(a), old("SELECT b FR").trim_end()) + &old(a), 2, cut),
        (format!("{}{}", old(a), next("SELECT b FR").trim_end()) + &next(a), 2, cut),
        (format!("{}{}{banner}{}", query(a), query("SELECT b FR").trim_end(), query(a)), 2, cut),
        (format!("{}2026-01-02T03:0\n{banner}{}", query(a), query(a)), 2, torn),
        (format!("{}\t\t    8 Que\n{}", old(a), next(a)), 2, torn),
        (
            format!("{}{}{}", query(a), query(a), query("SELECT b FR").trim_end()),
            3,
            "the log ends within the statement",
        ),
        (format!("FROM u\nWHERE b\n{}{}", query(a), query(a)), 1, "a statement without the line that it begins with"),
    ] {
        let digest = of(&text);
        assert_eq!(counts(&digest), good, "{text}");
        let broken: Vec<_> = digest.broken.iter().map(|broken| (broken.line, broken.reason.as_str())).collect();
        assert_eq!(broken, [(line, reason)], "{text}");
    }
}

#[test]
fn files_are_read_in_blocks_compressed_or_not() {
    let mut log = Vec::new();
    while log.len() < 9 << 20 {
        log.extend_from_slice(MARIADB.as_bytes());
    }
    let times = (log.len() / MARIADB.len()) as u64;
    let mut plain = tempfile::NamedTempFile::new().unwrap();
    plain.write_all(&log).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(tempfile::NamedTempFile::new().unwrap(), flate2::Compression::fast());
    gzip.write_all(&log).unwrap();
    let gzip = gzip.finish().unwrap();
    let digest = read(&[plain.path().to_owned(), gzip.path().to_owned()]).unwrap();
    assert_eq!((digest.events, digest.broken.len()), (times * 6, 0));
    assert_eq!(counts(&digest)[0].1, times * 4);
}

#[test]
fn other_encodings_are_read_and_what_is_none_is_refused() {
    let latin = b"2026-01-02T03:04:05.000001Z\t    8 Query\tSELECT a FROM t WHERE b = 'gr\xfcn'\n";
    assert_eq!(of_bytes(latin).unwrap().events, 1);
    let refused = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        read(&[file.path().to_owned()]).unwrap_err().message
    };
    assert!(refused(b"# Time: 2026\n# Query_time: 1\nSELECT 1;\n").contains("no event of a general log"));
    assert!(refused(b"\xff\xfe2\x000\x00").contains("UTF-16"));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"\t\t     3 Quit\t\n").unwrap();
    assert_eq!(read(&[file.path().to_owned()]).unwrap().events, 0, "a log of connections only is one");
}

proptest! {
    #[test]
    fn every_byte_of_any_text_belongs_to_one_piece(
        parts in prop::collection::vec(prop::sample::select(vec![
            "2026-01-02T03:04:05.000001Z", "260102  3:04:05", "\t", "\t\t", "    8 ", "Query\t", "Quit\t\n", "SELECT 1",
            "\n", "\r\n", "Tcp port: 1\n", "/mysqld, Version: 1 started with:\n", "Init DB\tx\n", "2026-01-02T", ";",
            "\t\t    8 Query\tSELECT 'é'", "\u{0}",
        ]), 0..20),
        goes_on: bool,
    ) {
        let text = parts.concat();
        let mut at = None;
        for (start, piece) in Pieces::new(text.as_bytes(), goes_on) {
            prop_assert!(at.is_none_or(|before| before < start));
            at = Some(start);
            if let Piece::Event(event) = piece {
                prop_assert!(!event.statement.is_empty());
            }
        }
        prop_assert_eq!(at.is_some(), !text.is_empty());
    }

    #[test]
    fn blocks_do_not_show_in_the_events(seed in 0_usize..400, log in prop::sample::select(vec![MYSQL, MARIADB])) {
        let text = log.repeat(2);
        let to = text.len() - seed;
        // The second of the first event may stand before the block.
        let timeless = |(at, piece)| match piece {
            Piece::Event(event) => (at, Piece::Event(Event { timestamp: None, ..event })),
            other => (at, other),
        };
        let whole: Vec<_> = Pieces::new(text.as_bytes(), false).map(timeless).collect();
        if let Some(cut) = event::start_of_last(&text.as_bytes()[..to]) {
            let first = Pieces::new(&text.as_bytes()[..cut], true);
            let second = Pieces::new(&text.as_bytes()[cut..], false).map(|(at, piece)| (at + cut, piece));
            prop_assert_eq!(first.chain(second).map(timeless).collect::<Vec<_>>(), whole);
        }
    }
}
