//! Validating templates, and finding the values they need.

use std::collections::BTreeSet;

use handlebars::{
    Path, Template,
    template::{HelperTemplate, Parameter, TemplateElement},
};

use crate::content::scan::end_of_template_tag;

/// The maximum nesting of blocks.
const BLOCKS: usize = 8;
/// The maximum nesting of loops.
const LOOPS: usize = 2;
/// The maximum nesting of subexpressions. The parser is recursive, so this is checked before parsing.
const SUBEXPRESSIONS: usize = 8;
/// The most opening parentheses, brackets and braces in a tag.
const OPEN_IN_TAG: usize = 16;
/// The most entries of a list or an object in a loop: a receiver's have no more.
const ENTRIES: usize = crate::receivers::LIST_ENTRIES;
/// The most steps of a template for one receiver: each placeholder and block counts one per iteration of the loops around it. The limit is
/// the same for everybody, because many tenants share a function: 50,000 take about 40 milliseconds of a full core, and a function with 256
/// MB has a seventh of one. The maximum is checked when a template is saved, and counted during rendering together with what its helpers
/// read and write ([`super::budget`]).
pub(super) const STEPS: usize = 50_000;
/// The steps for formatting a date, a number or an amount: it takes this many times as long as a placeholder.
pub(super) const FORMAT_STEPS: usize = 20;
/// The minimum length of a piece of a template that is parsed separately, in bytes. For each part of a tag the engine's parser counts the
/// characters from the beginning of its input (<https://docs.rs/pest/2/pest/struct.Position.html#method.line_col>), so parsing a long
/// template would take quadratic time.
const PIECE: usize = 4096;
/// The maximum effort of parsing: for each part of a tag, the bytes before it in its piece. Only the content of a single block, which
/// cannot be divided, comes near it; the engine takes a quarter of a second for this much.
const READING: usize = 64_000_000;
/// Helpers that a template may use besides plain placeholders.
const HELPERS: [&str; 16] = [
    "if",
    "unless",
    "each",
    "with",
    "lookup",
    "default",
    "date",
    "time",
    "datetime",
    "number",
    "currency",
    "link",
    "link_host",
    "link_part",
    "css",
    "url",
];

/// Helpers that may be blocks. All others write a value, which has to be checked where it is written.
const AROUND: [&str; 4] = ["if", "unless", "each", "with"];

/// Helpers that cannot be variable names, with their minimum number of arguments and an example.
const ARGUMENTS: [(&str, usize, &str); 6] = [
    ("if", 1, "#if order.paid"),
    ("unless", 1, "#unless order.paid"),
    ("each", 1, "#each order.items"),
    ("with", 1, "#with order"),
    ("lookup", 2, "lookup order.items 0"),
    ("default", 2, "default member.first_name \"you\""),
];

/// Helpers that format values in the language of the version.
pub(super) const FORMATS: [&str; 5] = ["date", "time", "datetime", "number", "currency"];

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The placeholder syntax is wrong.
    #[error("the placeholders cannot be parsed: {0}")]
    Syntax(String),
    /// `{{{` or `{{&` would insert unescaped text into HTML.
    #[error("{{{{{{ }}}}}} and {{{{& }}}} are not allowed; use {{{{ }}}}, which is escaped")]
    Unescaped,
    /// Partials and decorators are not supported.
    #[error("partials and decorators ({{{{> }}}}, {{{{* }}}}) are not allowed")]
    Partial,
    /// `\{{` writes braces instead of a placeholder, and the text between them would not be checked as such.
    #[error("a backslash is not allowed before {{{{; write &#123;&#123; for two braces")]
    Escaped,
    /// Too much work for each receiver.
    #[error(
        "the template may take {steps} steps per receiver, and at most {STEPS} are allowed; the content of a loop counts {ENTRIES} times"
    )]
    TooMuch {
        /// The steps that it may take.
        steps: usize,
    },
    /// More tags than the engine can parse in time.
    #[error(
        "too many placeholders in one block, or without text between them: about {placeholders} in {bytes} bytes; end the block earlier, or use fewer"
    )]
    TooMany {
        /// The number of placeholders, at least.
        placeholders: usize,
        /// The length of the piece that contains them.
        bytes: usize,
    },
    /// Too deeply nested blocks, loops or subexpressions.
    #[error(
        "blocks may be nested {BLOCKS} deep, {{{{#each}}}} {LOOPS} deep, and parentheses {SUBEXPRESSIONS} deep"
    )]
    TooDeep,
    /// A helper that writes a value is used as a block.
    #[error("{0} cannot be a block; blocks are {blocks}", blocks = AROUND.join(", "))]
    NoBlock(String),
    /// A helper without its arguments.
    #[error("{helper} needs at least {least} argument(s), as in {{{{{example}}}}}")]
    TooFewArguments {
        /// The helper.
        helper: String,
        /// Its minimum number of arguments.
        least: usize,
        /// A correct example.
        example: &'static str,
    },
    /// A helper that does not exist.
    #[error("no helper named {0:?}; the helpers are {helpers}", helpers = HELPERS.join(", "))]
    UnknownHelper(String),
}

/// Checks that a template can be used, without rendering it.
///
/// # Errors
/// The first problem found.
pub fn check_template(template: &str) -> Result<(), TemplateError> {
    compile(template).map(|_| ())
}

/// Parses a template.
///
/// # Errors
/// The first problem found.
pub fn compile(source: &str) -> Result<Template, TemplateError> {
    let template = read(source, PIECE)?;
    check_elements(&template, Depth::default())?;
    let steps = steps_of(&template, ENTRIES);
    match steps <= STEPS {
        true => Ok(template),
        false => Err(TemplateError::TooMuch { steps }),
    }
}

/// Parses a template in pieces of at least this length.
pub(super) fn read(source: &str, least: usize) -> Result<Template, TemplateError> {
    let mut read = Template::new();
    for piece in divide(source, least)?.pieces {
        let mut piece = Template::compile(piece)
            .map_err(|error| TemplateError::Syntax(error.reason().to_string()))?;
        read.elements.append(&mut piece.elements);
        read.mapping.append(&mut piece.mapping);
    }
    Ok(read)
}

/// The maximum effort of parsing all texts of a content together, as counted by [`effort`].
pub const EFFORT: usize = READING;

/// The effort of parsing a text: for each part of a tag, the bytes before it in its piece. Zero for a text that is refused before parsing.
pub fn effort(source: &str) -> usize {
    divide(source, PIECE).map_or(0, |divided| divided.reading)
}

/// A template in pieces that can be parsed separately.
struct Divided<'a> {
    pieces: Vec<&'a str>,
    /// The effort of parsing all of them.
    reading: usize,
}

/// The kinds of tags, as far as they matter for dividing a template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A placeholder, or the beginning of the template: the engine leaves the text beside it unchanged.
    Plain,
    /// A block tag or a comment: if it is alone on its line, the engine removes the line.
    Block,
    /// With `~`: the engine removes all white space beside it. The template is not divided after it.
    Trims,
}

impl Side {
    fn of(tag: &str) -> Self {
        let inner = tag.trim_start_matches('{').trim_end_matches('}');
        // An unescaped placeholder ends with one more brace; it is refused later.
        if inner.starts_with('~') || inner.ends_with('~') || tag.starts_with("{{{") {
            return Self::Trims;
        }
        let inner = inner.trim();
        let is_of_block = inner.starts_with(['#', '^', '/', '!', '>', '*', '&']);
        match is_of_block || inner.split_whitespace().next() == Some("else") {
            true => Self::Block,
            false => Self::Plain,
        }
    }
}

/// Refuses nesting that is too deep for the parser, whose stack overflow would end the process, and divides a template where that does not
/// change its meaning.
fn divide(source: &str, least: usize) -> Result<Divided<'_>, TemplateError> {
    if source.contains("\\{{") {
        return Err(TemplateError::Escaped);
    }
    let (mut pieces, mut begun) = (Vec::new(), 0);
    let (mut blocks, mut before) = (0_usize, Side::Plain);
    let (mut reading, mut placeholders) = (0_usize, 0);
    let mut place = 0;
    while let Some(found) = source[place..].find("{{") {
        let (text, from) = source[place..].split_at(found);
        // An unterminated tag is left to the parser to report.
        let tag = &from[..end_of_template_tag(from).unwrap_or(from.len())];
        let side = Side::of(tag);
        if blocks == 0
            && place + text.len() >= begun + least
            && let Some(cut) = cut_in(text, before, side)
        {
            pieces.push(&source[begun..place + cut]);
            (begun, placeholders) = (place + cut, 0);
        }
        check_tag(tag)?;
        place += text.len() + tag.len();
        // Trimming continues behind a block tag.
        before = match (before, side) {
            (Side::Trims, Side::Block) => Side::Trims,
            _ => side,
        };
        placeholders += 1;
        let is_part = |letter: &char| !letter.is_alphanumeric() && !"{}_".contains(*letter);
        let parts = 1 + tag.chars().filter(is_part).count();
        reading = reading.saturating_add(parts.saturating_mul(place - begun));
        if reading > READING {
            return Err(TemplateError::TooMany {
                placeholders,
                bytes: place - begun,
            });
        }
        if tag.starts_with("{{!") {
            continue;
        }
        let inner = tag.trim_start_matches(['{', '~']).trim_start();
        match inner.chars().next() {
            Some('#' | '^') => blocks += 1,
            Some('/') => blocks = blocks.saturating_sub(1),
            _ => {}
        }
        // Tags such as `{{^}}` count too, so the limit leaves room for them.
        if blocks > BLOCKS * 4 {
            return Err(TemplateError::TooDeep);
        }
    }
    pieces.push(&source[begun..]);
    Ok(Divided { pieces, reading })
}

/// Where the text between two tags can be divided.
fn cut_in(text: &str, before: Side, after: Side) -> Option<usize> {
    // A tag that is alone on a line, or trims, affects the text up to the first character that is not white space.
    let ends_here = match before {
        Side::Plain => true,
        Side::Block => text.starts_with(|first: char| !first.is_whitespace()),
        Side::Trims => false,
    };
    let last = || {
        let signs = text.char_indices().rev();
        signs
            .map(|(place, letter)| (place, letter.is_whitespace()))
            .find(|(_, is_white)| !is_white)
            .map(|(place, _)| place)
    };
    let cut = match after {
        Side::Plain => Some(text.len()),
        Side::Block | Side::Trims => last(),
    };
    cut.filter(|cut| ends_here && (*cut > 0 || before == Side::Plain))
}

/// Refuses a tag, or something that may be one, that is nested too deeply for the parser. Only opening characters are counted: where a
/// string in it begins and ends is for the parser to decide.
///
/// # Errors
/// If it nests more than a tag may, or contains a list, which we would not parse as the engine does.
pub fn check_tag(tag: &str) -> Result<(), TemplateError> {
    if tag.starts_with("{{!") {
        return Ok(());
    }
    // The tag itself has at most three braces.
    let open = tag.chars().filter(|letter| "([{".contains(*letter)).count();
    if open > OPEN_IN_TAG + 3 {
        return Err(TemplateError::TooDeep);
    }
    let lists = tag.split('[').skip(1).any(|inner| {
        let inner = inner.trim_start();
        inner.is_empty() || inner.starts_with(['"', '\'', '[', '{', ',', ']'])
    });
    match lists {
        true => Err(TemplateError::Syntax(
            "a placeholder cannot contain a list literal".to_owned(),
        )),
        false => Ok(()),
    }
}

/// The most steps of a template for one receiver, if its loops iterate this often.
pub(super) fn steps_of(template: &Template, rounds: usize) -> usize {
    let steps = template.elements.iter().map(|element| match element {
        TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) => {
            steps_of_helper(helper, rounds)
        }
        _ => 0,
    });
    steps.fold(0, usize::saturating_add)
}

fn steps_of_helper(helper: &HelperTemplate, rounds: usize) -> usize {
    let parameters = helper.params.iter().chain(helper.hash.values());
    let parameters = parameters.map(|parameter| match parameter {
        Parameter::Subexpression(inner) => match inner.element.as_ref() {
            TemplateElement::Expression(helper) => steps_of_helper(helper, rounds),
            _ => 1,
        },
        _ => 0,
    });
    let name = helper.name.as_name().unwrap_or_default();
    let formats = FORMATS.contains(&name) && !helper.params.is_empty();
    let own = if formats { FORMAT_STEPS } else { 1 };
    let own = parameters.fold(own, usize::saturating_add);
    let of = |template: &Option<Template>| {
        template
            .as_ref()
            .map_or(0, |template| steps_of(template, rounds))
    };
    let inner = match helper.block && name == "each" {
        // Each iteration is a step, too.
        true => of(&helper.template)
            .saturating_add(1)
            .saturating_mul(rounds),
        false => of(&helper.template),
    };
    own.saturating_add(inner)
        .saturating_add(of(&helper.inverse))
}

/// The nesting of blocks, loops and parentheses around an element.
#[derive(Clone, Copy, Default)]
struct Depth {
    blocks: usize,
    loops: usize,
    parentheses: usize,
}

fn check_elements(template: &Template, depth: Depth) -> Result<(), TemplateError> {
    template
        .elements
        .iter()
        .try_for_each(|element| match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) => {
                check_helper(helper, depth)
            }
            TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_)
            | TemplateElement::PartialExpression(_)
            | TemplateElement::PartialBlock(_) => Err(TemplateError::Partial),
            // Any element that a future engine adds counts as unescaped until it is reviewed.
            TemplateElement::HtmlExpression(_) | _ => Err(TemplateError::Unescaped),
        })
}

fn check_helper(helper: &HelperTemplate, mut depth: Depth) -> Result<(), TemplateError> {
    let name = helper.name.as_name().unwrap_or_default();
    let known = ARGUMENTS.iter().find(|(known, ..)| *known == name);
    let called = helper.block || !helper.params.is_empty() || !helper.hash.is_empty();
    // The others may be variable names when they stand alone.
    let needed = known.map_or(usize::from(!helper.hash.is_empty()), |(_, least, _)| *least);
    if helper.params.len() < needed && HELPERS.contains(&name) {
        return Err(TemplateError::TooFewArguments {
            helper: name.to_owned(),
            least: needed,
            example: known.map_or("date order.due style=\"short\"", |(.., example)| example),
        });
    }
    if called {
        if !HELPERS.contains(&name) {
            return Err(TemplateError::UnknownHelper(name.to_owned()));
        }
        if helper.block && !AROUND.contains(&name) {
            return Err(TemplateError::NoBlock(name.to_owned()));
        }
        depth.blocks += usize::from(helper.block);
        depth.loops += usize::from(helper.block && name == "each");
        if depth.blocks > BLOCKS || depth.loops > LOOPS {
            return Err(TemplateError::TooDeep);
        }
    }
    if depth.parentheses > SUBEXPRESSIONS {
        return Err(TemplateError::TooDeep);
    }
    let inner_depth = Depth {
        parentheses: depth.parentheses + 1,
        ..depth
    };
    helper
        .params
        .iter()
        .chain(helper.hash.values())
        .try_for_each(|parameter| match parameter {
            Parameter::Subexpression(inner) => match inner.element.as_ref() {
                TemplateElement::Expression(helper) => check_helper(helper, inner_depth),
                _ => Err(TemplateError::Unescaped),
            },
            _ => Ok(()),
        })?;
    [&helper.template, &helper.inverse]
        .into_iter()
        .flatten()
        .try_for_each(|template| check_elements(template, depth))
}

/// A value that a template needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placeholder {
    /// Its path from the root, as in `member.first_name`.
    pub path: String,
    /// Whether the template works without the value.
    pub is_optional: bool,
}

/// The values that a template needs, each path once; a path that is required anywhere is not optional. Values of list entries are not
/// included.
///
/// # Errors
/// If the template cannot be used.
pub fn placeholders(template: &str) -> Result<BTreeSet<Placeholder>, TemplateError> {
    let mut asked = Asked::default();
    asked.template(&compile(template)?, true);
    let needed: BTreeSet<String> = asked
        .found
        .iter()
        .filter(|found| !found.is_optional)
        .map(|found| found.path.clone())
        .collect();
    asked
        .found
        .retain(|found| !found.is_optional || !needed.contains(&found.path));
    Ok(asked.found)
}

#[derive(Default)]
struct Asked {
    found: BTreeSet<Placeholder>,
    /// Paths known to exist at this point of the template.
    guards: Vec<String>,
}

impl Asked {
    fn template(&mut self, template: &Template, is_root: bool) {
        for element in &template.elements {
            if let TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) =
                element
            {
                self.helper(helper, is_root);
            }
        }
    }

    fn helper(&mut self, helper: &HelperTemplate, is_root: bool) {
        if !helper.block && helper.params.is_empty() && helper.hash.is_empty() {
            return self.parameter(&helper.name, is_root, false);
        }
        let name = helper.name.as_name().unwrap_or_default();
        for (place, parameter) in helper.params.iter().enumerate() {
            let is_optional = matches!(name, "if" | "unless") || (name == "default" && place == 0);
            self.parameter(parameter, is_root, is_optional);
        }
        for parameter in helper.hash.values() {
            self.parameter(parameter, is_root, false);
        }
        let guard = helper
            .params
            .first()
            .filter(|_| name == "if")
            .and_then(path_of);
        let is_root = is_root && !matches!(name, "each" | "with");
        if let Some(inner) = &helper.template {
            let guards = self.guards.len();
            self.guards.extend(guard.map(str::to_owned));
            self.template(inner, is_root);
            self.guards.truncate(guards);
        }
        if let Some(inner) = &helper.inverse {
            self.template(inner, is_root);
        }
    }

    fn parameter(&mut self, parameter: &Parameter, is_root: bool, is_optional: bool) {
        if let Parameter::Subexpression(inner) = parameter
            && let TemplateElement::Expression(helper) = inner.element.as_ref()
        {
            return self.helper(helper, is_root);
        }
        let Some(path) = path_of(parameter) else {
            return;
        };
        let path = match path.strip_prefix("@root.") {
            Some(path) => path,
            None if is_root => path,
            None => return,
        };
        let path = path.strip_prefix("this.").unwrap_or(path);
        if path.is_empty() || path.contains(['@', '/', '[']) || path == "this" {
            return;
        }
        let is_guarded = |guard: &String| guard == path;
        let is_optional = is_optional || self.guards.iter().any(is_guarded);
        self.found.insert(Placeholder {
            path: path.to_owned(),
            is_optional,
        });
    }
}

fn path_of(parameter: &Parameter) -> Option<&str> {
    match parameter {
        Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => Some(raw),
        Parameter::Name(name) => Some(name),
        _ => None,
    }
}

/// Whether a template formats dates, numbers or amounts. False for a template that cannot be used.
pub fn placeholders_format(template: &str) -> bool {
    compile(template).is_ok_and(|template| formats(&template))
}

fn formats(template: &Template) -> bool {
    template.elements.iter().any(|element| match element {
        TemplateElement::Expression(helper) | TemplateElement::HelperBlock(helper) => {
            helper_formats(helper)
        }
        _ => false,
    })
}

fn helper_formats(helper: &HelperTemplate) -> bool {
    let name = helper.name.as_name().unwrap_or_default();
    let is_inner = |parameter: &Parameter| match parameter {
        Parameter::Subexpression(inner) => match inner.element.as_ref() {
            TemplateElement::Expression(helper) => helper_formats(helper),
            _ => false,
        },
        _ => false,
    };
    (FORMATS.contains(&name) && !helper.params.is_empty())
        || helper.params.iter().any(is_inner)
        || [&helper.template, &helper.inverse]
            .into_iter()
            .flatten()
            .any(formats)
}
