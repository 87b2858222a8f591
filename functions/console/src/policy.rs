//! What a browser may do with the responses.

use http::{HeaderMap, HeaderName, HeaderValue, header, header::InvalidHeaderValue};

/// Not in the crate `http`.
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// What the page never asks for, so that a script which got into it cannot either.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), \
    fullscreen=(self), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

/// The content security policy, with the origin that files are uploaded to.
///
/// - Scripts come only from this origin. An attribute or element with a script in it does not run, whatever gets into the page.
/// - Styles may be inline: Mantine writes attributes, and the editor of emails (GrapesJS) writes elements. A style cannot send what
///   it finds to another origin except by a picture.
/// - Pictures may come from any origin by HTTPS. A frame that shows an email has no address of its own (`srcdoc`), so it inherits
///   this policy (CSP 3, 7.8), and the pictures of an email are anywhere. Until somebody asks for them, the frame's own policy
///   (`img-src data:`) forbids them.
/// - The page calls the API, which is at the same origin, and S3, for the upload of files.
fn content_security_policy(uploads: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; \
         font-src 'self' data:; connect-src 'self' {uploads}; frame-src 'self'; manifest-src 'self'; object-src 'none'; \
         base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The headers of every response.
pub(crate) struct Policy {
    content_security: HeaderValue,
}

impl Policy {
    /// Of a page that may upload to this origin.
    pub(crate) fn new(uploads: &str) -> Result<Self, InvalidHeaderValue> {
        let content_security = HeaderValue::from_str(&content_security_policy(uploads))?;
        Ok(Self { content_security })
    }

    /// Adds them.
    pub(crate) fn protect(&self, headers: &mut HeaderMap) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            self.content_security.clone(),
        );
        for (name, value) in [
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (PERMISSIONS_POLICY, PERMISSIONS),
            (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
            (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
            // Browsers ignore it unless the connection is secure (RFC 6797, 8.1), so the local stack needs no exception.
            (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
