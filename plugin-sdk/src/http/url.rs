use super::Error;

/// The parts of an absolute `http` or `https` URL that a request needs. A fragment is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    /// Host, and port if there is one, in lower case.
    pub(crate) authority: String,
    /// Begins with `/`.
    pub(crate) path_and_query: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |why| Error::InvalidUrl { why };
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(invalid("it holds a blank, a control character or a character outside ASCII"));
        }
        let (scheme, rest) = text.split_once("://").ok_or(invalid("it has no scheme"))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(invalid("its scheme is another one")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if authority.contains('@') {
            return Err(invalid("it holds a user name or password"));
        }
        if authority.is_empty() || authority.starts_with(':') || authority.contains('\\') {
            return Err(invalid("it has no host"));
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let path_and_query = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Ok(Self { scheme, authority: authority.to_ascii_lowercase(), path_and_query })
    }

    /// Scheme and host, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority)
    }

    /// Host without its port.
    pub(crate) fn host_name(&self) -> &str {
        self.split().0
    }

    /// The port, whether it is written or implied.
    pub(crate) fn port(&self) -> &str {
        self.split().1.unwrap_or_else(|| self.scheme.default_port())
    }

    /// Whether the port is another one than the scheme implies.
    pub(crate) fn has_other_port(&self) -> bool {
        self.port() != self.scheme.default_port()
    }

    fn split(&self) -> (&str, Option<&str>) {
        match self.authority.rsplit_once(':') {
            // The colons inside the brackets of an IPv6 address begin no port.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (&self.authority, None),
        }
    }

    /// Host, and port unless it is the one that the scheme implies.
    pub(crate) fn host(&self) -> &str {
        if self.has_other_port() { &self.authority } else { self.host_name() }
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin(), self.path_and_query)
    }
}
