//! Where a report goes. A file is tried before work begins, so that a wrong path does not cost the work, and takes its
//! new content in one step at the end: a run that fails leaves the report of the run before it.

use super::Term;
use crate::render::Style;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Stdout, or a file.
#[derive(Debug)]
pub struct Output {
    to: To,
}

#[derive(Debug)]
enum To {
    Stdout,
    /// A file beside the one that is wanted, to be put in its place.
    Beside {
        written: NamedTempFile,
        path: PathBuf,
    },
    /// What cannot be replaced: a device, a pipe, a file in a folder that is closed to us.
    Itself {
        file: File,
        path: PathBuf,
    },
}

impl Output {
    /// Opens the file, if one is named. Nothing in it is changed yet.
    ///
    /// # Errors
    /// When the file cannot be written to.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let to = match path {
            None => To::Stdout,
            Some(path) => file(path).map_err(|error| told(&error, path))?,
        };
        Ok(Self { to })
    }

    /// How the report is to be drawn: never in colour in a file.
    #[must_use]
    pub fn style(&self, term: &Term) -> Style {
        match self.to {
            To::Stdout => term.style(),
            To::Beside { .. } | To::Itself { .. } => Style { color: false, width: 120 },
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// When it cannot be written, for example on a full disk.
    pub fn write(self, text: &str, term: &mut Term) -> io::Result<()> {
        match self.to {
            To::Stdout => term.stdout(text),
            To::Beside { mut written, path } => written
                .write_all(text.as_bytes())
                .and_then(|()| written.as_file().sync_all())
                .and_then(|()| written.persist(&path).map_err(|error| error.error))
                .map(|_| ())
                .map_err(|error| told(&error, &path)),
            To::Itself { mut file, path } => match overwrite(&mut file, text) {
                // `--output /dev/stdout | head`: the reader has seen enough.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                result => result.map_err(|error| told(&error, &path)),
            },
        }
    }
}

fn told(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write to {}: {error}", path.display()))
}

fn file(path: &Path) -> io::Result<To> {
    // A link stays a link: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(old) => {
            let file = OpenOptions::new().write(true).open(&path)?;
            match old.is_file().then(|| beside(&path)) {
                Some(Ok(written)) => {
                    written.as_file().set_permissions(old.permissions())?;
                    Ok(To::Beside { written, path })
                }
                Some(Err(_)) | None => Ok(To::Itself { file, path }),
            }
        }
        Err(_) => Ok(To::Beside { written: beside(&path)?, path }),
    }
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    if path.file_name().is_none() || path.as_os_str().to_string_lossy().ends_with('/') {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".aura-db-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The rights of any new file, which the user's umask narrows; a temporary file's own are narrower.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn overwrite(file: &mut File, text: &str) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ColorChoice;

    fn term() -> Term {
        Term::detect(ColorChoice::Never, true)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_keeps_its_content_until_the_report_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        drop(Output::open(Some(&path)).unwrap());
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("old", 1));
        let output = Output::open(Some(&path)).unwrap();
        assert!(!output.style(&term()).color);
        output.write("new", &mut term()).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
    }

    #[test]
    fn a_run_that_fails_leaves_no_new_file() {
        let folder = tempfile::tempdir().unwrap();
        drop(Output::open(Some(&folder.path().join("report.json"))).unwrap());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_path_that_cannot_be_written_fails_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/such/report.json"), folder.path().to_owned()] {
            let error = Output::open(Some(&path)).unwrap_err();
            assert!(error.to_string().contains(&format!("cannot write to {}", path.display())), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn rights_and_links_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        Output::open(Some(&link)).unwrap().write("new", &mut term()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_a_device_is_written_to() {
        let error = Output::open(Some(Path::new("/dev/full"))).unwrap().write("x", &mut term()).unwrap_err();
        assert!(error.to_string().starts_with("cannot write to /dev/full"), "{error}");
        Output::open(Some(Path::new("/dev/null"))).unwrap().write("x", &mut term()).unwrap();
    }
}
