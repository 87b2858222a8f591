//! The pages behind a link.

use http::{Method, StatusCode, header};
use lambda_http::{Body, Response};

/// A page: a title, a sentence, and its button's form body and label.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    title: &'static str,
    text: &'static str,
    button: Option<(&'static str, &'static str)>,
}

pub(crate) const ASK: Page = Page {
    status: StatusCode::OK,
    title: "Unsubscribe",
    text: "Unsubscribe from these emails?",
    button: Some(("List-Unsubscribe=One-Click", "Unsubscribe")),
};
pub(crate) const DONE: Page = Page {
    status: StatusCode::OK,
    title: "You are unsubscribed",
    text: "You will no longer get emails from this sender at this address.",
    button: Some(("again=1", "Undo")),
};
pub(crate) const BACK: Page = Page {
    status: StatusCode::OK,
    title: "You are subscribed again",
    text: "You will get emails from this sender as before.",
    button: Some(("List-Unsubscribe=One-Click", "Unsubscribe")),
};
pub(crate) const STILL_AWAY: Page = Page {
    status: StatusCode::OK,
    title: "You are still unsubscribed",
    text: "Emails to this address bounced, or you opted out in another way. To subscribe again, reply to the email.",
    button: None,
};
pub(crate) const FOREIGN: Page = Page {
    status: StatusCode::NOT_FOUND,
    title: "This link does not work",
    text: "It may be incomplete. Copy the whole link from the email, or reply to the email.",
    button: None,
};
pub(crate) const LATER: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Please try again",
    text: "Something went wrong. Please try again in a minute.",
    button: None,
};

impl Page {
    /// A HEAD gets the same response as a GET, without the page itself (RFC 9110, 9.3.2).
    pub(crate) fn response(&self, method: &Method) -> Result<Response<Body>, lambda_http::Error> {
        let form = self.button.map_or_else(String::new, |(posts, label)| {
            let (name, value) = posts.split_once('=').unwrap_or((posts, ""));
            format!(
                "<form method=\"post\"><button name=\"{name}\" value=\"{value}\">{label}</button></form>"
            )
        });
        let (title, text) = (self.title, self.text);
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
             <main>\n<h1>{title}</h1>\n<p>{text}</p>\n{form}\n</main>\n</html>\n"
        );
        let response = Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
            );
        let body = match *method {
            Method::HEAD => Body::Empty,
            _ => Body::Text(html),
        };
        Ok(response.body(body)?)
    }
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 15vh auto; padding: 0 1.5rem; }
button { font: inherit; padding: .6rem 1.4rem; border-radius: .4rem; border: 1px solid; cursor: pointer; }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_submits_a_post_and_runs_no_script() {
        let response = ASK.response(&Method::GET).unwrap();
        let Body::Text(html) = response.body() else {
            panic!("{response:?}");
        };
        assert!(html.contains("<form method=\"post\"><button name=\"List-Unsubscribe\" value=\"One-Click\">Unsubscribe</button></form>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        let policy = &response.headers()[header::CONTENT_SECURITY_POLICY];
        assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(FOREIGN.response(&Method::GET).unwrap().status(), 404);
    }

    #[test]
    fn a_head_gets_the_response_of_a_get_without_the_page() {
        let (get, head) = (
            ASK.response(&Method::GET).unwrap(),
            ASK.response(&Method::HEAD).unwrap(),
        );
        assert_eq!(head.status(), get.status());
        assert_eq!(head.headers(), get.headers());
        assert!(matches!(head.body(), Body::Empty));
    }
}
