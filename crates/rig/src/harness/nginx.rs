//! TLS in front of a LiveKit server: nginx, with certificates of an authority of our own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::process::{Process, wait_until};
use super::{PATIENCE, Scratch, free_tcp, rig_file};

/// What is right or wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For `localhost` and 127.0.0.1, valid now.
    Right,
    /// For another name.
    WrongName,
    /// It ended years ago.
    Expired,
}

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    _process: Process,
    port: u16,
    authority: PathBuf,
}

impl Nginx {
    /// Puts TLS with such a certificate in front of the server on this port.
    ///
    /// # Errors
    /// When certificates can't be made, or nginx doesn't listen within [`PATIENCE`].
    pub fn tls(scratch: &Scratch, certificate: Certificate, backend: u16) -> Result<Self> {
        let port = free_tcp()?;
        let dir = scratch.join(&format!("nginx-{port}"));
        std::fs::create_dir_all(&dir)?;
        let authority = certify(&dir, certificate)?;
        let template = std::fs::read_to_string(rig_file("nginx-tls.conf"))?;
        let config = template
            .replace("@DIR@", &dir.to_string_lossy())
            .replace("@PORT@", &port.to_string())
            .replace("@BACKEND@", &backend.to_string());
        let path = dir.join("nginx.conf");
        std::fs::write(&path, config)?;
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(&dir).arg("-e").arg("stderr").arg("-c").arg(&path).current_dir(&dir);
        let mut process = Process::start("nginx", &mut command)?;
        let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        ensure!(
            wait_until(PATIENCE, || listens() || process.wait(Duration::ZERO).is_ok()) && listens(),
            "nginx doesn't listen: {:?}",
            process.stderr()
        );
        Ok(Self { _process: process, port, authority })
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("wss://localhost:{}", self.port)
    }

    /// The authority's certificate, for `SSL_CERT_FILE`.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

/// Makes an authority and one certificate in `dir`; returns the authority's.
pub(super) fn certify(dir: &Path, certificate: Certificate) -> Result<PathBuf> {
    let (name, from, to) = match certificate {
        Certificate::Right => ("DNS:localhost,IP:127.0.0.1", "20240101000000Z", "20491231000000Z"),
        Certificate::WrongName => ("DNS:elsewhere.example", "20240101000000Z", "20491231000000Z"),
        Certificate::Expired => ("DNS:localhost,IP:127.0.0.1", "20200101000000Z", "20200201000000Z"),
    };
    let config = format!(
        "[ca]\ndefault_ca = own\n[own]\ndir = .\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\n\
         certificate = ca.crt\nprivate_key = ca.key\ndefault_md = sha256\npolicy = any\nx509_extensions = leaf\n\
         [any]\ncommonName = supplied\n[leaf]\nsubjectAltName = {name}\nbasicConstraints = CA:FALSE\n\
         extendedKeyUsage = serverAuth\n"
    );
    std::fs::write(dir.join("ca.cnf"), config)?;
    std::fs::write(dir.join("index.txt"), "")?;
    std::fs::write(dir.join("serial"), "01\n")?;
    let key = "ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(dir, &format!("req -x509 -newkey {key} -keyout ca.key -out ca.crt -days 9000 -subj /CN=rig"))?;
    openssl(dir, &format!("req -newkey {key} -keyout tls.key -out tls.csr -subj /CN=server"))?;
    let dates = format!("-startdate {from} -enddate {to}");
    openssl(dir, &format!("ca -batch -notext -config ca.cnf {dates} -in tls.csr -out tls.crt"))?;
    Ok(dir.join("ca.crt"))
}

fn openssl(dir: &Path, args: &str) -> Result<()> {
    let output =
        Command::new("openssl").args(args.split(' ')).current_dir(dir).output().context("openssl")?;
    ensure!(output.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
