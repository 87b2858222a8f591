//! Wrappers of emails: header, footer, colours and page.

use serde::{Deserialize, Serialize};

/// The most bytes of a header or a footer.
pub const PART_BYTES: usize = 16 * 1024;
/// The most bytes of a page.
pub const PAGE_BYTES: usize = 64 * 1024;
/// The default page.
pub const DEFAULT_PAGE: &str = include_str!("wrapper/default.html");
/// The placeholder that a page must contain exactly once, for the email.
pub const CONTENT: &str = "{{content}}";

/// A wrapper around emails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    /// HTML above the email; may use the same placeholders as an email.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// HTML below the email; may use the same placeholders as an email.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub footer: String,
    /// The page with `{{content}}` in it; the default page if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The colours of the page.
    #[serde(default)]
    pub colors: Colors,
}

impl Wrapper {
    /// The page.
    pub fn page(&self) -> &str {
        self.page.as_deref().unwrap_or(DEFAULT_PAGE)
    }
}

/// The colours of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Colors {
    /// Around the email.
    pub background: Color,
    /// Behind the text.
    pub surface: Color,
    /// The text.
    pub text: Color,
    /// Secondary text.
    pub muted: Color,
    /// Links and buttons.
    pub accent: Color,
    /// The text of buttons.
    pub accent_text: Color,
}

impl Default for Colors {
    fn default() -> Self {
        let color = |text: &str| Color(text.to_owned());
        Self {
            background: color("#f3f5f7"),
            surface: color("#ffffff"),
            text: color("#1c2733"),
            muted: color("#52606d"),
            accent: color("#0b5cad"),
            accent_text: color("#ffffff"),
        }
    }
}

/// A colour as `#rrggbb`, so that nothing else gets into a style.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

/// Not a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a colour (as in #0b5cad)")]
pub struct InvalidColor;

impl TryFrom<String> for Color {
    type Error = InvalidColor;

    fn try_from(text: String) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        let is_right = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_right {
            Ok(Self(text))
        } else {
            Err(InvalidColor)
        }
    }
}

impl From<Color> for String {
    fn from(color: Color) -> String {
        color.0
    }
}

impl Color {
    /// Red, green and blue.
    pub fn channels(&self) -> [u8; 3] {
        let part = |from: usize| {
            let digits = self.0.get(from..from + 2).unwrap_or("00");
            u8::from_str_radix(digits, 16).unwrap_or_default()
        };
        [part(1), part(3), part(5)]
    }

    /// The contrast ratio of two colours: 1 to 21 (WCAG 2.2, "contrast ratio"). Text needs 4.5.
    pub fn contrast(&self, other: &Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(&self) -> f64 {
        let [red, green, blue] = self.channels().map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn colours_have_one_form() {
        for wrong in [
            "", "red", "#fff", "#12345g", "#1234567", "#123456;", "url(x)",
        ] {
            assert!(Color::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert_eq!(color("#0b5cAD").channels(), [11, 92, 173]);
    }

    #[test]
    fn contrast_follows_wcag() {
        assert!((color("#000000").contrast(&color("#ffffff")) - 21.0).abs() < 0.01);
        assert!((color("#777777").contrast(&color("#ffffff")) - 4.48).abs() < 0.01);
        let usual = Colors::default();
        for (one, two) in [
            (&usual.text, &usual.surface),
            (&usual.muted, &usual.background),
            (&usual.muted, &usual.surface),
            (&usual.accent, &usual.surface),
            (&usual.accent_text, &usual.accent),
        ] {
            assert!(one.contrast(two) >= 4.5, "{one:?} on {two:?}");
        }
    }
}
