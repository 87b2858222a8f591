//! Conversions between request and domain types.

use carillon_domain::content::{
    Content, EmailContent, LocalizedContent, PushContent, SmsContent, TemplateHeader,
    ToolbarContent, Variable, WhatsAppContent, WhatsAppTemplate, WidgetContent, WidgetKind,
    WrapperChoice,
};
use carillon_http::body::Object;

use super::{
    ContentBody, EmailBody, HeaderBody, LocalizedBody, PushBody, SmsBody, TemplateBody,
    ToolbarBody, VariableBody, WhatsAppBody, WidgetBody, WidgetType,
};

impl From<VariableBody> for Variable {
    fn from(body: VariableBody) -> Self {
        Self {
            path: body.path,
            description: body.description,
            sample: body.sample,
            default: body.default,
        }
    }
}

impl From<Variable> for VariableBody {
    fn from(variable: Variable) -> Self {
        Self {
            path: variable.path,
            description: variable.description,
            sample: variable.sample,
            default: variable.default,
        }
    }
}

impl From<ToolbarBody> for ToolbarContent {
    fn from(body: ToolbarBody) -> Self {
        Self {
            title: body.title,
            description: body.description,
            url: body.url,
            icon: body.icon,
        }
    }
}

impl From<ToolbarContent> for ToolbarBody {
    fn from(content: ToolbarContent) -> Self {
        Self {
            title: content.title,
            description: content.description,
            url: content.url,
            icon: content.icon,
        }
    }
}

impl From<WidgetBody> for WidgetContent {
    fn from(body: WidgetBody) -> Self {
        Self {
            title: body.title,
            description: body.description,
            kind: match body.kind {
                WidgetType::Info => WidgetKind::Info,
                WidgetType::Warning => WidgetKind::Warning,
                WidgetType::Danger => WidgetKind::Danger,
                WidgetType::Success => WidgetKind::Success,
            },
            expires_at: body.expires_at,
        }
    }
}

impl From<WidgetContent> for WidgetBody {
    fn from(content: WidgetContent) -> Self {
        Self {
            title: content.title,
            description: content.description,
            kind: match content.kind {
                WidgetKind::Info => WidgetType::Info,
                WidgetKind::Warning => WidgetType::Warning,
                WidgetKind::Danger => WidgetType::Danger,
                WidgetKind::Success => WidgetType::Success,
            },
            expires_at: content.expires_at,
        }
    }
}

impl From<SmsBody> for SmsContent {
    fn from(body: SmsBody) -> Self {
        Self {
            text: body.text,
            plain_punctuation: body.plain_punctuation,
        }
    }
}

impl From<EmailContent> for EmailBody {
    fn from(email: EmailContent) -> Self {
        Self {
            subject: email.subject,
            html: email.mjml.is_none().then_some(email.html),
            mjml: email.mjml,
            text: email.text,
            reply_to: email.reply_to.map(String::from),
            attachments: None,
        }
    }
}

impl From<SmsContent> for SmsBody {
    fn from(content: SmsContent) -> Self {
        Self {
            text: content.text,
            plain_punctuation: content.plain_punctuation,
        }
    }
}

impl From<WhatsAppBody> for WhatsAppContent {
    fn from(WhatsAppBody { text, template }: WhatsAppBody) -> Self {
        Self {
            text,
            template: template.map(|Object(body)| body.into()),
        }
    }
}

impl From<WhatsAppContent> for WhatsAppBody {
    fn from(WhatsAppContent { text, template }: WhatsAppContent) -> Self {
        Self {
            text,
            template: template.map(|template| Object(template.into())),
        }
    }
}

impl From<TemplateBody> for WhatsAppTemplate {
    fn from(body: TemplateBody) -> Self {
        let header = body.header.map(|header| match header {
            HeaderBody::Text(value) => TemplateHeader::Text(value),
            HeaderBody::Image(value) => TemplateHeader::Image(value),
            HeaderBody::Video(value) => TemplateHeader::Video(value),
            HeaderBody::Document(value) => TemplateHeader::Document(value),
        });
        Self {
            name: body.name,
            language: body.language,
            header,
            body: body.body,
            buttons: body.buttons,
        }
    }
}

impl From<WhatsAppTemplate> for TemplateBody {
    fn from(template: WhatsAppTemplate) -> Self {
        let header = template.header.map(|header| match header {
            TemplateHeader::Text(value) => HeaderBody::Text(value),
            TemplateHeader::Image(value) => HeaderBody::Image(value),
            TemplateHeader::Video(value) => HeaderBody::Video(value),
            TemplateHeader::Document(value) => HeaderBody::Document(value),
        });
        Self {
            name: template.name,
            language: template.language,
            header,
            body: template.body,
            buttons: template.buttons,
        }
    }
}

impl From<PushBody> for PushContent {
    fn from(
        PushBody {
            title,
            body,
            icon,
            url,
        }: PushBody,
    ) -> Self {
        Self {
            title,
            body,
            icon,
            url,
        }
    }
}

impl From<PushContent> for PushBody {
    fn from(
        PushContent {
            title,
            body,
            icon,
            url,
        }: PushContent,
    ) -> Self {
        Self {
            title,
            body,
            icon,
            url,
        }
    }
}

impl From<LocalizedContent> for LocalizedBody {
    fn from(content: LocalizedContent) -> Self {
        Self {
            email: content.email.map(|content| Object(content.into())),
            sms: content.sms.map(|content| Object(content.into())),
            whatsapp: content.whatsapp.map(|content| Object(content.into())),
            push: content.push.map(|content| Object(content.into())),
            toolbar: content.toolbar.map(|content| Object(content.into())),
            widget: content.widget.map(|content| Object(content.into())),
        }
    }
}

impl From<Content> for ContentBody {
    fn from(content: Content) -> Self {
        let languages = content
            .languages
            .into_iter()
            .map(|(language, version)| (language.to_string(), Object(version.into())));
        let LocalizedBody {
            email,
            sms,
            whatsapp,
            push,
            toolbar,
            widget,
        } = content.default.into();
        let wrapper = match content.wrapper {
            WrapperChoice::Default => None,
            WrapperChoice::None => Some("none".to_owned()),
            WrapperChoice::Id(id) => Some(id.to_string()),
        };
        Self {
            languages: languages.collect(),
            email,
            sms,
            whatsapp,
            push,
            toolbar,
            widget,
            language: content.language.map(String::from),
            time_zone: content.time_zone,
            wrapper,
            variables: content
                .variables
                .into_iter()
                .map(|variable| Object(variable.into()))
                .collect(),
        }
    }
}
