//! A wrapper in requests and responses.

use axum::response::Response;
use carillon_domain::{
    access::Context,
    content::wrapper::{Color, Colors, Wrapper},
};
use carillon_http::{failure::Failure, findings::Findings};
use carillon_store::{TenantChange, Written};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    content::documents::{Head, WrapperDocument, answer},
    state::AppState,
};

/// The colors of a page, each as `#rrggbb`. Text must have a contrast of 4.5 with its background.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Colors)]
pub(super) struct ColorsBody {
    /// The background around the email.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#f3f5f7"))]
    background: Option<String>,
    /// The background of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#ffffff"))]
    surface: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#1c2733"))]
    text: Option<String>,
    /// Less important text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#52606d"))]
    muted: Option<String>,
    /// Links and buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#0b5cad"))]
    accent: Option<String>,
    /// The text of buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#ffffff"))]
    accent_text: Option<String>,
}

impl ColorsBody {
    /// The colors, applied over others.
    pub(super) fn read(self, over: Colors, findings: &mut Findings) -> Colors {
        let mut color = |name: &str, given: Option<String>, usual: Color| match given {
            None => usual,
            Some(text) => {
                let field = format!("colors.{name}");
                let read = Color::try_from(text);
                findings
                    .keep(&field, "invalid_color", read)
                    .unwrap_or(usual)
            }
        };
        Colors {
            background: color("background", self.background, over.background),
            surface: color("surface", self.surface, over.surface),
            text: color("text", self.text, over.text),
            muted: color("muted", self.muted, over.muted),
            accent: color("accent", self.accent, over.accent),
            accent_text: color("accent_text", self.accent_text, over.accent_text),
        }
    }
}

impl From<Colors> for ColorsBody {
    fn from(colors: Colors) -> Self {
        let text = |color: Color| Some(String::from(color));
        Self {
            background: text(colors.background),
            surface: text(colors.surface),
            text: text(colors.text),
            muted: text(colors.muted),
            accent: text(colors.accent),
            accent_text: text(colors.accent_text),
        }
    }
}

/// The frame around emails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wrapper)]
pub(super) struct WrapperBody {
    #[serde(flatten)]
    pub(super) head: Head,
    /// Whether this wrapper is used for emails that do not specify one.
    default: bool,
    /// The HTML above the email.
    header: String,
    /// The HTML below the email.
    footer: String,
    /// The page that contains `{{content}}`; `null` for the built-in page.
    page: Option<String>,
    /// The colors.
    colors: ColorsBody,
}

impl WrapperBody {
    /// A wrapper, and whether it is the default.
    pub(super) fn new(written: &Written<WrapperDocument>, default: bool) -> Self {
        let Wrapper {
            header,
            footer,
            page,
            colors,
        } = written.body.wrapper.clone();
        Self {
            head: written.into(),
            default,
            header,
            footer,
            page,
            colors: colors.into(),
        }
    }

    /// Whether emails that name no wrapper use it.
    pub(super) fn is_default(&self) -> bool {
        self.default
    }

    /// The response with its entity tag.
    pub(super) fn answer(self, status: StatusCode) -> Response {
        let place = format!("/v1/wrappers/{}", self.head.id);
        answer(status, &place, self.head.version, self)
    }
}

/// A wrapper in a response, and whether it is the default.
pub(super) async fn present(
    state: &AppState,
    context: &Context,
    written: &Written<WrapperDocument>,
) -> Result<WrapperBody, Failure> {
    let tenant = state.store.tenant(&context.tenant).await?;
    let default = tenant.and_then(|tenant| tenant.default_wrapper);
    Ok(WrapperBody::new(
        written,
        default.as_ref() == Some(&written.id),
    ))
}

/// Makes a wrapper the default, or no longer the default.
pub(super) async fn set_default(
    state: &AppState,
    context: &Context,
    written: &Written<WrapperDocument>,
    wanted: Option<bool>,
) -> Result<(), Failure> {
    let store = &state.store;
    match wanted {
        None => {}
        Some(true) => {
            let change = TenantChange {
                default_wrapper: Some(written.id.clone()),
                ..TenantChange::default()
            };
            store.change_tenant(context, &change).await?;
        }
        // Another one may have become the default meanwhile.
        Some(false) => store.forget_default_wrapper(context, &written.id).await?,
    }
    Ok(())
}

/// Records errors in a wrapper.
pub(super) fn check(wrapper: &Wrapper, findings: &mut Findings) {
    if findings.is_empty() {
        findings.add_content(carillon_compose::check_wrapper(wrapper));
    }
}
