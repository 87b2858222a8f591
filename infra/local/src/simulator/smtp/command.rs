//! SMTP commands.

/// A command (RFC 5321, 4.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Hello {
        is_extended: bool,
    },
    StartTls,
    /// The mechanism and the initial response.
    Auth(String, Option<String>),
    Mail(Path),
    Rcpt(Path),
    Data,
    Reset,
    Nothing,
    Quit,
    /// An invalid command, with the reply.
    Wrong(&'static str),
}

/// An address and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) address: String,
    /// Names and values, such as `SIZE=1000`.
    pub(super) parameters: Vec<(String, String)>,
}

impl Path {
    /// The value of a parameter; an empty one if it has none.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Command {
    /// Parses a line without its terminator.
    pub(super) fn read(line: &str) -> Self {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match (verb.to_ascii_uppercase().as_str(), rest) {
            ("EHLO" | "HELO", "") => Self::Wrong("501 5.5.4 Syntax: EHLO hostname"),
            ("EHLO", _) => Self::Hello { is_extended: true },
            ("HELO", _) => Self::Hello { is_extended: false },
            ("STARTTLS", "") => Self::StartTls,
            ("AUTH", "") => Self::Wrong("501 5.5.4 Syntax: AUTH mechanism"),
            ("AUTH", _) => {
                let mut words = rest.split_whitespace().map(str::to_owned);
                let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
                Self::Auth(mechanism, words.next())
            }
            ("MAIL", _) => match path(rest, "FROM:") {
                Some(path) => Self::Mail(path),
                None => Self::Wrong("501 5.1.7 Bad sender address syntax"),
            },
            ("RCPT", _) => match path(rest, "TO:") {
                Some(path) => Self::Rcpt(path),
                None => Self::Wrong("501 5.1.3 Bad recipient address syntax"),
            },
            ("DATA", "") => Self::Data,
            ("RSET", "") => Self::Reset,
            ("NOOP", _) => Self::Nothing,
            ("QUIT", "") => Self::Quit,
            ("STARTTLS" | "DATA" | "RSET" | "QUIT", _) => {
                Self::Wrong("501 5.5.4 No parameters allowed")
            }
            _ => Self::Wrong("500 5.5.2 Command not recognized"),
        }
    }
}

/// `FROM:<news@example.org> SIZE=1000`, without a space before the bracket.
fn path(text: &str, name: &str) -> Option<Path> {
    let is_named = text
        .get(..name.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(name));
    let (address, parameters) = text
        .get(name.len()..)
        .filter(|_| is_named)?
        .strip_prefix('<')?
        .split_once('>')?;
    let is_address = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !is_address || address.contains(char::is_whitespace) {
        return None;
    }
    let parameters = parameters.split_whitespace().map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (name.to_owned(), value.to_owned())
    });
    Some(Path {
        address: address.to_owned(),
        parameters: parameters.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_commands_are_parsed_and_others_are_rejected() {
        let Command::Mail(path) = Command::read("mail FROM:<a@example.org> SIZE=10 SMTPUTF8")
        else {
            panic!("not read");
        };
        assert_eq!(path.address, "a@example.org");
        assert_eq!(path.parameter("size"), Some("10"));
        assert_eq!(path.parameter("SMTPUTF8"), Some(""));
        assert_eq!(path.parameter("BODY"), None);
        assert_eq!(
            Command::read("AUTH plain AHUAcA=="),
            Command::Auth("PLAIN".to_owned(), Some("AHUAcA==".to_owned()))
        );
        for line in [
            "",
            "EHLO",
            "MAIL a@example.org",
            "MAIL FROM: <a@example.org>",
            "MAIL FROM:a@example.org",
            "RCPT TO:<a>",
            "RCPT FROM:<a@example.org>",
            "RCPT TO:<a b@example.org>",
            "DATA now",
            "TURN",
        ] {
            let command = Command::read(line);
            assert!(matches!(command, Command::Wrong(_)), "{line}");
        }
    }
}
