//! The command line of a sandbox's server: pure, so that every option can be read, and tested, in one place.

use super::locate::ServerKind;
use std::ffi::OsString;
use std::path::Path;

/// The data directory, inside the sandbox's directory.
pub(super) const DATA: &str = "data";
/// The socket. Short, because the whole path of a socket is limited to about 100 bytes.
pub(super) const SOCKET: &str = "s";
/// The file by which `MySQL` claims the socket.
pub(super) const SOCKET_LOCK: &str = "s.lock";
/// The file where the server writes its process id.
pub(super) const PID: &str = "pid";

/// How a sandbox is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine.
    pub kind: ServerKind,
    /// Major and minor version that is preferred where several servers are installed.
    pub version: Option<(u32, u32)>,
    /// Whether what is committed survives a crash of the machine, as on a real server. Off is several times faster.
    pub durable: bool,
    /// Whether `performance_schema` collects. Off starts faster and takes less memory.
    pub performance_schema: bool,
    /// The buffer pool, in MiB.
    pub buffer_pool: u32,
    /// A TCP port on the loopback address, besides the socket.
    pub tcp_port: Option<u16>,
    /// Further options of the server, after all others and so stronger than they are.
    pub extra: Vec<OsString>,
}

impl Options {
    /// What an audit needs: nothing that outlives it, and nothing that slows it down.
    #[must_use]
    pub fn new(kind: ServerKind) -> Self {
        Self {
            kind,
            version: None,
            durable: false,
            performance_schema: false,
            buffer_pool: 64,
            tcp_port: None,
            extra: Vec::new(),
        }
    }
}

/// The arguments for a server that lives in `directory`; `root` says whether it will run as root.
pub(super) fn server(options: &Options, directory: &Path, root: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["--no-defaults".into()];
    let path = |option: &str, file: &str| {
        let mut argument = OsString::from(option);
        argument.push(directory.join(file));
        argument
    };
    arguments.extend([path("--datadir=", DATA), path("--socket=", SOCKET), path("--pid-file=", PID)]);
    // A private one: a start of MariaDB clears temporary tables (#sql…) out of the folder, whoever uses them. A server that
    // shared it and was queried fails (error 6) or crashes (signal 11) within about ten starts of the other (10.11.19).
    let mut tmpdir = OsString::from("--tmpdir=");
    tmpdir.push(directory);
    arguments.push(tmpdir);
    let mut add = |argument: &str| arguments.push(argument.into());
    if root {
        add("--user=root");
    }
    match options.tcp_port {
        Some(port) => {
            add("--bind-address=127.0.0.1");
            add(&format!("--port={port}"));
        }
        None => add("--skip-networking"),
    }
    add(&format!("--innodb-buffer-pool-size={}M", options.buffer_pool));
    add(if options.performance_schema { "--performance-schema=ON" } else { "--performance-schema=OFF" });
    // What a real server takes, however it is set up, a sandbox takes too.
    add("--max-allowed-packet=1G");
    // MySQL keeps a binary log unless told not to; nobody replicates from a sandbox.
    add("--skip-log-bin");
    for argument in engine(options.kind) {
        add(argument);
    }
    if !options.durable {
        add("--innodb-flush-log-at-trx-commit=0");
        add("--sync-binlog=0");
        add("--innodb-doublewrite=0");
    }
    arguments.extend(options.extra.iter().cloned());
    arguments
}

const fn engine(kind: ServerKind) -> &'static [&'static str] {
    match kind {
        // secure-file-priv: the compiled-in folder may not exist, and the server refuses to start then.
        ServerKind::Mysql => &["--mysqlx=OFF", "--secure-file-priv=NULL", "--innodb-redo-log-capacity=32M"],
        // Since 11.6 and in Debian's configuration utf8mb4 is the default, compiled into 10.11 is latin1.
        ServerKind::Mariadb => &["--character-set-server=utf8mb4", "--innodb-log-file-size=32M"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(options: &Options) -> Vec<String> {
        server(options, Path::new("/t"), false).into_iter().map(|argument| argument.into_string().unwrap()).collect()
    }

    #[test]
    fn no_defaults_comes_first_or_servers_refuse_it_and_extra_options_win() {
        let mut options = Options::new(ServerKind::Mysql);
        options.extra = vec!["--innodb-doublewrite=1".into()];
        let arguments = text(&options);
        assert_eq!(arguments.first().unwrap(), "--no-defaults");
        assert_eq!(arguments.last().unwrap(), "--innodb-doublewrite=1");
    }

    #[test]
    fn nothing_listens_on_the_network_unless_asked_and_then_on_loopback_only() {
        let mut options = Options::new(ServerKind::Mariadb);
        assert!(text(&options).contains(&"--skip-networking".to_owned()));
        options.tcp_port = Some(4001);
        let arguments = text(&options);
        assert!(!arguments.contains(&"--skip-networking".to_owned()));
        assert!(arguments.contains(&"--bind-address=127.0.0.1".to_owned()));
        assert!(arguments.contains(&"--port=4001".to_owned()));
    }

    #[test]
    fn a_durable_server_keeps_the_engines_own_durability() {
        let mut options = Options::new(ServerKind::Mysql);
        options.durable = true;
        assert!(text(&options).iter().all(|argument| !argument.contains("doublewrite") && !argument.contains("trx")));
    }

    #[test]
    fn only_root_is_named_as_user() {
        let options = Options::new(ServerKind::Mysql);
        assert!(server(&options, Path::new("/t"), true).contains(&"--user=root".into()));
        assert!(!server(&options, Path::new("/t"), false).contains(&"--user=root".into()));
    }
}
