//! Whether a template can be used, and what it asks for.

use std::collections::BTreeSet;

use crate::content::scan::end_of_template_tag;

use handlebars::{
    Path, Template,
    template::{HelperTemplate, Parameter, TemplateElement},
};

/// How deep blocks may stand inside one another.
const BLOCKS: usize = 8;
/// How deep loops may.
const LOOPS: usize = 2;
/// How deep subexpressions may stand inside one another. The parser calls itself for each, so this is looked at before it.
const SUBEXPRESSIONS: usize = 8;
/// How many parentheses, brackets and braces may open in a tag.
const OPEN_IN_TAG: usize = 16;
/// Entries of a list or an object that a loop may go through: a receiver's have no more.
const ENTRIES: usize = crate::receivers::LIST_ENTRIES;
/// Steps that a template may take for one receiver: each placeholder and block counts one, as often as the loops around it
/// go round. It is the same for everybody, because many tenants share a function: 50,000 take about 40 milliseconds of a full
/// core, and a function with 256 MB has a seventh of one. What a template may take is looked at when it is written, and counted
/// when it is rendered, with what its helpers read and write ([`super::budget`]).
pub(super) const STEPS: usize = 50_000;
/// Steps for writing a date, a number or an amount as a language does, which takes so many times what a placeholder does.
pub(super) const FORMAT_STEPS: usize = 20;
/// How long a piece of a template is that is read by itself, in bytes. The engine's parser counts the characters from the beginning of what
/// it reads for each part of a tag (<https://docs.rs/pest/2/pest/struct.Position.html#method.line_col>), so a long template would take it as the
/// square of its length.
const PIECE: usize = 4096;
/// What reading may take: for each part of a tag, how many bytes of its piece stand before it. Only what stands in one block, which
/// cannot be divided, comes near it; the engine takes a quarter of a second for so much.
const READING: usize = 64_000_000;
/// Blocks that an operator may use besides plain placeholders.
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

/// Helpers that may stand around something. Whatever else writes a value, which has to be looked at where it stands.
const AROUND: [&str; 4] = ["if", "unless", "each", "with"];

/// Helpers that are no names of variables, with how many values they need, and an example.
const ARGUMENTS: [(&str, usize, &str); 6] = [
    ("if", 1, "#if order.paid"),
    ("unless", 1, "#unless order.paid"),
    ("each", 1, "#each order.items"),
    ("with", 1, "#with order"),
    ("lookup", 2, "lookup order.items 0"),
    ("default", 2, "default member.first_name \"you\""),
];

/// Helpers that write as a language does.
pub(super) const FORMATS: [&str; 5] = ["date", "time", "datetime", "number", "currency"];

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The placeholder syntax is wrong.
    #[error("the placeholders cannot be read: {0}")]
    Syntax(String),
    /// `{{{` or `{{&` would put unescaped text into HTML.
    #[error("{{{{{{ }}}}}} and {{{{& }}}} are not allowed; use {{{{ }}}}, which escapes")]
    Unescaped,
    /// Partials and decorators are not supported.
    #[error("partials and decorators ({{{{> }}}}, {{{{* }}}}) are not allowed")]
    Partial,
    /// `\{{` writes braces instead of a placeholder, and what stands between them is not looked at as what it is.
    #[error("a backslash may not stand before {{{{; write &#123;&#123; for two braces")]
    Escaped,
    /// Too much to do for each receiver.
    #[error(
        "for one receiver the template may take {steps} steps, and at most {STEPS} are allowed; a loop counts {ENTRIES} times what is in it"
    )]
    TooMuch {
        /// What it may take.
        steps: usize,
    },
    /// More tags than the engine can read in time.
    #[error(
        "too many placeholders stand in one block, or with nothing between them: about {placeholders} in {bytes} bytes; end the block earlier, or have fewer"
    )]
    TooMany {
        /// How many stand there, at least.
        placeholders: usize,
        /// How long the piece is in which they stand.
        bytes: usize,
    },
    /// Blocks inside blocks, or loops inside loops.
    #[error(
        "blocks may stand {BLOCKS} deep, {{{{#each}}}} {LOOPS} deep, and parentheses {SUBEXPRESSIONS} deep"
    )]
    TooDeep,
    /// A helper that writes a value stands around something.
    #[error("{0} cannot be a block; blocks are {blocks}", blocks = AROUND.join(", "))]
    NoBlock(String),
    /// A helper without what it is about.
    #[error("{helper} needs {least} of what stands behind it, as in {{{{{example}}}}}")]
    TooFewArguments {
        /// The helper.
        helper: String,
        /// How many values it needs.
        least: usize,
        /// What would be right.
        example: &'static str,
    },
    /// A helper that does not exist.
    #[error("there is no helper named {0:?}; there are {helpers}", helpers = HELPERS.join(", "))]
    UnknownHelper(String),
}

/// Checks that a template can be used, without rendering it.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_template(template: &str) -> Result<(), TemplateError> {
    compile(template).map(|_| ())
}

/// Reads a template.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn compile(source: &str) -> Result<Template, TemplateError> {
    let template = read(source, PIECE)?;
    check_elements(&template, Depth::default())?;
    let steps = steps_of(&template, ENTRIES);
    match steps <= STEPS {
        true => Ok(template),
        false => Err(TemplateError::TooMuch { steps }),
    }
}

/// Reads a template in pieces that are at least so long.
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

/// What all texts of a content may take to read together, in what [`effort`] counts.
pub const EFFORT: usize = READING;

/// What reading a text takes: for each part of a tag, how many bytes stand before it in what is read with it. Nothing for what
/// is not read at all, because it is refused before.
pub fn effort(source: &str) -> usize {
    divide(source, PIECE).map_or(0, |divided| divided.reading)
}

/// A template in pieces that can be read by themselves.
struct Divided<'a> {
    pieces: Vec<&'a str>,
    /// What reading all of them takes.
    reading: usize,
}

/// A tag, as far as it matters where a template can be divided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A placeholder, or the beginning of the template: the engine leaves the text beside it as it is.
    Plain,
    /// A tag of a block, or a comment: the engine takes away the line that it stands on alone.
    Block,
    /// With `~`: the engine takes away all white space beside it. Nothing is divided behind it.
    Trims,
}

impl Side {
    fn of(tag: &str) -> Self {
        let inner = tag.trim_start_matches('{').trim_end_matches('}');
        // What is written without escaping ends with a brace more; it is refused later.
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

/// Looks at what would be too deep for the parser, which ends the process when its stack does, and divides a template where that
/// changes nothing.
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
        // What does not end is for the parser to say.
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
        // What trims goes on trimming behind a tag of a block.
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
        // One that stands beside another, as `{{^}}`, counts too, so there is room for some.
        if blocks > BLOCKS * 4 {
            return Err(TemplateError::TooDeep);
        }
    }
    pieces.push(&source[begun..]);
    Ok(Divided { pieces, reading })
}

/// Where the text between two tags can be divided.
fn cut_in(text: &str, before: Side, after: Side) -> Option<usize> {
    // What stands alone on a line, or trims, looks as far as the first sign that is no white space.
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

/// Looks at what would be too deep for the parser, in a tag or in something that may be one. What opens is counted and not what
/// closes: where a text in it begins and ends is for the parser to say.
///
/// # Errors
/// If more stands in it than a tag may have, or a list, which we would not read as the engine does.
pub fn check_tag(tag: &str) -> Result<(), TemplateError> {
    if tag.starts_with("{{!") {
        return Ok(());
    }
    // The braces of the tag itself are three at most.
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
            "a list cannot be written into a placeholder".to_owned(),
        )),
        false => Ok(()),
    }
}

/// The most that a template does for one receiver if a loop goes round so often.
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
        // Going round is a step, too.
        true => of(&helper.template)
            .saturating_add(1)
            .saturating_mul(rounds),
        false => of(&helper.template),
    };
    own.saturating_add(inner)
        .saturating_add(of(&helper.inverse))
}

/// How many blocks, loops among them, and parentheses stand around an element.
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
            // Whatever else the engine may learn to do counts as unescaped until it is looked at.
            TemplateElement::HtmlExpression(_) | _ => Err(TemplateError::Unescaped),
        })
}

fn check_helper(helper: &HelperTemplate, mut depth: Depth) -> Result<(), TemplateError> {
    let name = helper.name.as_name().unwrap_or_default();
    let known = ARGUMENTS.iter().find(|(known, ..)| *known == name);
    let called = helper.block || !helper.params.is_empty() || !helper.hash.is_empty();
    // The others may be the name of a variable by themselves.
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

/// Something that a template asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placeholder {
    /// Its path from the root, as in `member.first_name`.
    pub path: String,
    /// Whether the template has an answer where there is no value.
    pub is_optional: bool,
}

/// What a template asks for, each path once; a path that is needed anywhere is not optional. What is asked of the entries
/// of a list is not among it.
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
    /// What is known to be there where we are.
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

/// Whether a template writes dates, numbers or amounts as a language does. One that cannot be used does not.
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
