//! Platforms as OCI image indexes name them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Operating system, CPU architecture and variant, by their Go names (OCI Image Specification, image index).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system: `linux`, `windows`.
    pub os: String,
    /// CPU architecture: `amd64`, `arm64`, `arm`.
    pub architecture: String,
    /// CPU variant: `v7`, `v8`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
}

impl Platform {
    /// Joins the parts, bringing the names that engines and registries use for the same thing to one form.
    #[must_use]
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let os = os.to_ascii_lowercase();
        let variant = variant.filter(|variant| !variant.is_empty()).map(str::to_ascii_lowercase);
        let (architecture, implied) = match architecture.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" => ("amd64".to_owned(), None),
            "i386" | "i686" | "386" => ("386".to_owned(), None),
            "aarch64" => ("arm64".to_owned(), None),
            "armhf" | "armv7l" => ("arm".to_owned(), Some("v7")),
            "armel" | "armv6l" => ("arm".to_owned(), Some("v6")),
            other => (other.to_owned(), None),
        };
        let variant = match (architecture.as_str(), variant.or(implied.map(str::to_owned))) {
            ("arm64", Some(variant)) if variant == "v8" => None,
            ("amd64", Some(variant)) if variant == "v1" => None,
            (_, variant) => variant,
        };
        Self { os, architecture, variant }
    }

    /// Whether a host of this platform runs images built for `image`.
    ///
    /// An image without a variant runs on every variant; `arm` hosts run older variants too.
    #[must_use]
    pub fn runs(&self, image: &Platform) -> bool {
        if self.os != image.os || self.architecture != image.architecture {
            return false;
        }
        match (&self.variant, &image.variant) {
            (_, None) => true,
            (Some(host), Some(image)) => host == image || (self.architecture == "arm" && image < host),
            (None, Some(image)) => self.architecture == "arm" && image.as_str() <= "v7",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_host_runs() {
        let parse = |text: &str| {
            let mut parts = text.split('/');
            Platform::new(parts.next().unwrap(), parts.next().unwrap(), parts.next())
        };
        let check =
            |host: &str, image: &str, runs: bool| assert_eq!(parse(host).runs(&parse(image)), runs, "{host} {image}");
        check("linux/x86_64", "linux/amd64", true);
        check("linux/amd64", "linux/arm64", false);
        check("linux/amd64", "windows/amd64", false);
        check("linux/aarch64", "linux/arm64/v8", true);
        check("linux/armv7l", "linux/arm/v7", true);
        check("linux/armv7l", "linux/arm/v6", true);
        check("linux/armv6l", "linux/arm/v7", false);
        check("linux/amd64", "linux/amd64/v1", true);
        check("linux/amd64", "linux/amd64/v3", false);
    }
}
