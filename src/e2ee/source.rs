//! From what an operator gives (a file, a variable) to key material.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Kdf, KeyMaterial};

/// How key text stands for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEncoding {
    /// The text is the key: a passphrase.
    Utf8,
    /// Base64, standard or URL-safe, padded or not (RFC 4648).
    Base64,
    /// Two hexadecimal digits a byte.
    Hex,
}

/// Why key text is no key. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing there.
    #[error("the key is empty")]
    Empty,
    /// Bytes that are no text.
    #[error("the key isn't UTF-8 text; raw bytes are given as base64 or hex (--e2ee-key-encoding)")]
    NotUtf8,
    /// Not base64.
    #[error("the key isn't base64")]
    NotBase64,
    /// Not hexadecimal.
    #[error("the key isn't hexadecimal (two digits a byte)")]
    NotHex,
}

impl KeyEncoding {
    /// By name.
    ///
    /// # Errors
    /// One line with the names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => Ok(Self::Utf8),
            "base64" => Ok(Self::Base64),
            "hex" => Ok(Self::Hex),
            _ => Err(format!("unknown encoding `{text}`; there are utf8, base64, hex")),
        }
    }

    /// The derivation when none is named: every SDK derives a passphrase by PBKDF2; on raw bytes SDKs differ.
    pub fn default_kdf(self) -> Option<Kdf> {
        match self {
            Self::Utf8 => Some(Kdf::Pbkdf2),
            Self::Base64 | Self::Hex => None,
        }
    }
}

impl Kdf {
    /// By name.
    ///
    /// # Errors
    /// One line with the names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "pbkdf2" => Ok(Self::Pbkdf2),
            "hkdf" => Ok(Self::Hkdf),
            _ => Err(format!("unknown derivation `{text}`; there are pbkdf2, hkdf")),
        }
    }
}

/// Drops the one newline that editors and `echo` leave at the end of a file.
pub fn without_newline(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Decodes key text. A passphrase is taken to the byte: no trimming, no normalisation, as in every SDK.
///
/// # Errors
/// The text is empty or isn't what the encoding says.
pub fn key_material(text: &[u8], encoding: KeyEncoding, kdf: Kdf) -> Result<KeyMaterial, KeyError> {
    let bytes = match encoding {
        KeyEncoding::Utf8 => {
            std::str::from_utf8(text).map_err(|_| KeyError::NotUtf8)?;
            Zeroizing::new(text.to_vec())
        }
        KeyEncoding::Base64 => decode_base64(text.trim_ascii())?,
        KeyEncoding::Hex => Zeroizing::new(hex::decode(text.trim_ascii()).map_err(|_| KeyError::NotHex)?),
    };
    if bytes.is_empty() {
        return Err(KeyError::Empty);
    }
    Ok(KeyMaterial { bytes: bytes.to_vec(), kdf })
}

fn decode_base64(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let safe = text.iter().any(|c| matches!(c, b'-' | b'_'));
    let alphabet = if safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).map(Zeroizing::new).map_err(|_| KeyError::NotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &[u8], encoding: KeyEncoding) -> Result<Vec<u8>, KeyError> {
        key_material(text, encoding, Kdf::Pbkdf2).map(|material| material.bytes.clone())
    }

    #[test]
    fn a_passphrase_is_taken_to_the_byte() {
        assert_eq!(bytes(b" pass phrase ", KeyEncoding::Utf8), Ok(b" pass phrase ".to_vec()));
        // Looks like base64, is text all the same.
        assert_eq!(bytes(b"aGVsbG8=", KeyEncoding::Utf8), Ok(b"aGVsbG8=".to_vec()));
    }

    #[test]
    fn only_one_newline_goes() {
        for (text, expected) in [
            ("key\n", "key"),
            ("key\r\n", "key"),
            ("key\n\n", "key\n"),
            ("key", "key"),
            ("\n", ""),
            (" key \n", " key "),
        ] {
            assert_eq!(without_newline(text.as_bytes()), expected.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn raw_bytes() {
        for text in ["+/8=", "+/8", "-_8", "-_8=", " +/8=\n"] {
            assert_eq!(bytes(text.as_bytes(), KeyEncoding::Base64), Ok(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(bytes(b"00fFa1 ", KeyEncoding::Hex), Ok(vec![0, 0xff, 0xa1]));
    }

    #[test]
    fn what_is_no_key() {
        for (text, encoding, error) in [
            (&b""[..], KeyEncoding::Utf8, KeyError::Empty),
            (b" ", KeyEncoding::Base64, KeyError::Empty),
            (b"", KeyEncoding::Hex, KeyError::Empty),
            (b"\xff\xfe", KeyEncoding::Utf8, KeyError::NotUtf8),
            (b"not base64!", KeyEncoding::Base64, KeyError::NotBase64),
            (b"+_8=", KeyEncoding::Base64, KeyError::NotBase64),
            (b"abc", KeyEncoding::Hex, KeyError::NotHex),
            (b"zz", KeyEncoding::Hex, KeyError::NotHex),
        ] {
            assert_eq!(bytes(text, encoding), Err(error), "{text:?}");
        }
    }

    #[test]
    fn only_a_passphrase_has_a_default_derivation() {
        assert_eq!(KeyEncoding::Utf8.default_kdf(), Some(Kdf::Pbkdf2));
        assert_eq!(KeyEncoding::Base64.default_kdf(), None);
        assert_eq!(KeyEncoding::Hex.default_kdf(), None);
    }
}
