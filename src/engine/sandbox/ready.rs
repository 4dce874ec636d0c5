//! Waits until a server that was just started answers, or says why it will not.

use super::error::SandboxError;
use super::supervisor::Supervised;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, MySqlConnection};
use std::time::{Duration, Instant};

/// Two seconds are usual; a loaded machine with a slow disk may take ten times as long.
const DEADLINE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// Returns the version that the server reports, as soon as it does.
pub(super) async fn wait(server: &mut Supervised, options: &MySqlConnectOptions) -> Result<String, SandboxError> {
    let begun = Instant::now();
    loop {
        let left = DEADLINE.saturating_sub(begun.elapsed());
        let last = match tokio::time::timeout(left, version(options)).await {
            Ok(Ok(version)) => return Ok(version),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took the connection and said nothing".into(),
        };
        let program = server.program().to_owned();
        if let Some(status) = server.exited() {
            return Err(SandboxError::Ended { program, status: worded(status), log: server.log() });
        }
        if begun.elapsed() >= DEADLINE {
            let seconds = DEADLINE.as_secs();
            return Err(SandboxError::Silent { program, seconds, last, log: server.log() });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn version(options: &MySqlConnectOptions) -> Result<String, sqlx::Error> {
    let mut connection: MySqlConnection = options.connect().await?;
    let version = sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(version)
}

/// A shell's status in words: above 128 it is a signal.
pub(super) fn worded(status: i32) -> String {
    if status > 128 { format!("signal {}", status - 128) } else { format!("exit status {status}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_status_above_128_is_a_signal() {
        assert_eq!(super::worded(1), "exit status 1");
        assert_eq!(super::worded(137), "signal 9");
    }
}
