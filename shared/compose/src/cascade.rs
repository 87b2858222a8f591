//! Which declarations of rules that stay in the head have to become `!important`, because what they counted more than stands in the
//! elements now, where it counts more than any rule (CSS Cascading and Inheritance Level 4, 6.1).

use std::{cell::Cell, rc::Rc};

use cssparser::{ParseError, Parser, Token};

use crate::{
    css::{GROUPS, Rule, Vocabulary, css_of, has_to_stay, is_any, rules, selectors, skip_block},
    tokens::{Piece, tokens},
};

/// So many times may an element be compared with a selector, or a property with another one; what is left then stays as it is.
const COMPARISONS: usize = 4_000_000;
/// A rule with so many selectors times declarations stays as it is.
const PARTS: usize = 10_000;
/// The most bytes that the declarations of a rule may become if it is written once for some of its selectors, and once for others.
const SPLIT_BYTES: usize = 16 * 1024;
/// Properties that are not part of `border`, in spite of their names.
const NO_BORDERS: [&str; 3] = ["border-collapse", "border-spacing", "border-radius"];

/// Ids, then classes, attributes and pseudo-classes, then elements (Selectors Level 4, 15).
type Specificity = (usize, usize, usize);

/// What a rule says, for one of its selectors.
struct Said {
    selector: Selector,
    /// Where it stands among all.
    order: usize,
    /// Its properties, and which are important.
    properties: Rc<[(String, bool)]>,
}

/// An element of the page.
struct Node {
    name: String,
    classes: Vec<String>,
    id: Option<String>,
    /// The properties that its own style says.
    own: Vec<String>,
}

#[derive(Default)]
struct Selector {
    element: Option<String>,
    classes: Vec<String>,
    id: Option<String>,
    specificity: Specificity,
    /// Whether it is about a part of an element, for which no style of the element stands.
    is_about_a_part: bool,
}

/// Who says what in a page.
#[derive(Default)]
pub(crate) struct Cascade {
    nodes: Vec<Node>,
    /// Rules that are put into the elements.
    inlined: Vec<Said>,
    /// Rules that stay, and say something important.
    important: Vec<Said>,
    /// For each element, the rules that may be about it.
    at: Vec<Vec<usize>>,
    left: Cell<usize>,
}

impl Cascade {
    /// Reads the styles of a page. Those that are left whole are not among them.
    pub(crate) fn of(page: &str, sheets: &[(usize, &str)], known: &Vocabulary) -> Self {
        let mut cascade = Self {
            nodes: nodes(page),
            left: Cell::new(COMPARISONS),
            ..Self::default()
        };
        for (order, css) in sheets {
            cascade.read(css, *order, known, false);
        }
        let comparisons = cascade.nodes.len().saturating_mul(cascade.inlined.len());
        if !cascade.takes(comparisons) {
            return Self::default();
        }
        for node in &cascade.nodes {
            let at = cascade.inlined.iter().enumerate();
            let at = at.filter(|(_, said)| said.selector.matches(node));
            cascade.at.push(at.map(|(number, _)| number).collect());
        }
        cascade
    }

    fn read(&mut self, css: &str, order: usize, known: &Vocabulary, in_group: bool) {
        let mut parser = Parser::new(css);
        let begin = parser.position();
        for rule in rules(&mut parser) {
            let order = order + css_of(&parser, begin, rule.start).len();
            let prelude = css_of(&parser, rule.start, rule.block_start);
            let block = css_of(&parser, rule.block_start, rule.end);
            if rule.is_at {
                if let Some(inner) = group(&rule, prelude, block).filter(|_| !in_group) {
                    self.read(inner, order + prelude.len(), known, true);
                }
                continue;
            }
            let Some(declarations) = declarations_of(&rule, block) else {
                continue;
            };
            for selector in selectors(prelude) {
                let properties = declarations.iter();
                let said = Said {
                    selector: Selector::read(selector),
                    order,
                    properties: properties
                        .map(|it| (it.name.clone(), it.is_important))
                        .collect(),
                };
                if !in_group && !has_to_stay(selector, known) {
                    self.inlined.push(said);
                } else if said
                    .properties
                    .iter()
                    .any(|(_, is_important)| *is_important)
                {
                    self.important.push(said);
                }
            }
        }
    }

    /// Whether so much more may be compared.
    fn takes(&self, comparisons: usize) -> bool {
        let left = self.left.get().saturating_sub(comparisons);
        self.left.set(left);
        left > 0
    }

    /// Whether a declaration counted more than all that is put into the elements that it is about, and would not any more.
    fn has_to_be_raised(&self, selector: &Selector, order: usize, property: &str) -> bool {
        if selector.is_about_a_part {
            return false;
        }
        let own = (selector.specificity, order);
        let mut has_rival = false;
        for (node, at) in self.nodes.iter().zip(&self.at) {
            if !self.takes(1) {
                return false;
            }
            if !selector.matches(node) {
                continue;
            }
            if node.own.iter().any(|own| are_related(own, property)) {
                return false;
            }
            for said in at.iter().filter_map(|number| self.inlined.get(*number)) {
                if !self.takes(said.properties.len()) {
                    return false;
                }
                for (name, is_important) in said.properties.iter() {
                    if !are_related(name, property) {
                        continue;
                    }
                    if *is_important || (said.selector.specificity, said.order) > own {
                        return false;
                    }
                    has_rival = true;
                }
            }
        }
        // What was important already goes on counting more.
        let is_beaten = |said: &Said| {
            self.takes(said.properties.len())
                && (said.selector.specificity, said.order) < own
                && said
                    .properties
                    .iter()
                    .any(|(name, is_important)| *is_important && are_related(name, property))
                && self.nodes.iter().any(|node| {
                    self.takes(1) && said.selector.matches(node) && selector.matches(node)
                })
        };
        has_rival && !self.important.iter().any(is_beaten)
    }

    /// Writes a rule that stays in the head.
    pub(crate) fn push_kept(
        &self,
        out: &mut String,
        order: usize,
        rule: &Rule,
        prelude: &str,
        block: &str,
    ) {
        if rule.is_at {
            out.push_str(prelude);
            match group(rule, prelude, block) {
                Some(inner) => self.push_group(out, order + prelude.len(), inner),
                None => out.push_str(block),
            }
            return;
        }
        self.push_rule(out, order, rule, &selectors(prelude), block);
    }

    fn push_group(&self, out: &mut String, order: usize, css: &str) {
        out.push('{');
        let mut parser = Parser::new(css);
        let begin = parser.position();
        let mut end = begin;
        for rule in rules(&mut parser) {
            let order = order + css_of(&parser, begin, rule.start).len();
            let prelude = css_of(&parser, rule.start, rule.block_start);
            let block = css_of(&parser, rule.block_start, rule.end);
            out.push_str(css_of(&parser, end, rule.start));
            match rule.is_at {
                true => {
                    out.push_str(prelude);
                    out.push_str(block);
                }
                false => self.push_rule(out, order, &rule, &selectors(prelude), block),
            }
            end = rule.end;
        }
        while parser.next().is_ok() {}
        out.push_str(css_of(&parser, end, parser.position()));
        out.push('}');
    }

    /// Writes a rule, with what has to be important. Selectors for which different declarations have to be, get rules of their own.
    pub(crate) fn push_rule(
        &self,
        out: &mut String,
        order: usize,
        rule: &Rule,
        selectors: &[&str],
        block: &str,
    ) {
        let mut declarations = declarations_of(rule, block).unwrap_or_default();
        if declarations.len().saturating_mul(selectors.len()) > PARTS {
            declarations.clear();
        }
        let raised_by = |selector: &str| -> Vec<bool> {
            let selector = Selector::read(selector);
            let raised = declarations
                .iter()
                .map(|it| !it.is_important && self.has_to_be_raised(&selector, order, &it.name));
            raised.collect()
        };
        let mut groups: Vec<(Vec<bool>, Vec<&str>)> = Vec::new();
        for selector in selectors {
            let raised = raised_by(selector);
            match groups.last_mut().filter(|(known, _)| *known == raised) {
                Some((_, selectors)) => selectors.push(selector),
                None => groups.push((raised, vec![selector])),
            }
        }
        if groups.len() > 1 && groups.len().saturating_mul(block.len()) > SPLIT_BYTES {
            groups = vec![(Vec::new(), selectors.to_vec())];
        }
        for (raised, selectors) in groups {
            out.push_str(&selectors.join(","));
            if !raised.contains(&true) {
                out.push_str(block);
                continue;
            }
            out.push('{');
            for (declaration, is_raised) in declarations.iter().zip(raised) {
                out.push_str(declaration.text.trim());
                if is_raised {
                    out.push_str(" !important");
                }
                out.push(';');
            }
            out.push('}');
        }
    }
}

/// What stands in the braces of an at-rule whose rules count as all others do.
fn group<'a>(rule: &Rule, prelude: &str, block: &'a str) -> Option<&'a str> {
    let mut parser = Parser::new(prelude);
    let is_one = match parser.next() {
        Ok(Token::AtKeyword(name)) => is_any(name, &GROUPS) && !name.eq_ignore_ascii_case("layer"),
        _ => false,
    };
    let inner = block.strip_prefix('{')?.strip_suffix('}')?;
    (is_one && rule.has_block).then_some(inner)
}

struct Declaration<'a> {
    text: &'a str,
    name: String,
    is_important: bool,
}

/// What a rule declares; nothing if rules stand in it, or something that cannot be taken apart.
fn declarations_of<'a>(rule: &Rule, block: &'a str) -> Option<Vec<Declaration<'a>>> {
    let inner = block.strip_prefix('{')?.strip_suffix('}')?;
    match rule.has_block && !inner.contains(['{', '}']) {
        true => declarations(inner),
        false => None,
    }
}

/// The declarations of a block, or of the style of an element.
fn declarations(css: &str) -> Option<Vec<Declaration<'_>>> {
    let mut parser = Parser::new(css);
    let mut found = Vec::new();
    loop {
        parser.skip_whitespace();
        let start = parser.position();
        let mut name = None;
        let (mut has_colon, mut is_important, mut is_last) = (false, false, false);
        let end = loop {
            let before = parser.position();
            match parser.next().cloned() {
                Ok(Token::Semicolon) => break before,
                Ok(Token::Ident(ident)) if name.is_none() => {
                    name = Some(ident.to_ascii_lowercase());
                }
                Ok(Token::Colon) => has_colon = true,
                Ok(Token::Ident(ident)) if ident.eq_ignore_ascii_case("important") => {
                    is_important = true;
                }
                Ok(
                    Token::Function(_)
                    | Token::ParenthesisBlock
                    | Token::SquareBracketBlock
                    | Token::CurlyBracketBlock,
                ) => skip_block(&mut parser),
                Ok(Token::BadString(_) | Token::BadUrl(_)) => return None,
                Ok(_) => {}
                Err(_) => {
                    is_last = true;
                    break parser.position();
                }
            }
        };
        let text = css_of(&parser, start, end);
        match name.filter(|_| has_colon) {
            Some(name) if !text.contains("/*") => found.push(Declaration {
                text,
                name,
                is_important,
            }),
            None if text.trim().is_empty() => {}
            _ => return None,
        }
        if is_last {
            return Some(found);
        }
    }
}

/// Whether one of two properties says something of what the other one does, as `border` and `border-top-color`.
fn are_related(one: &str, other: &str) -> bool {
    let is_part = |part: &str, whole: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if one == other {
        return true;
    }
    let is_line_height = |one: &str, other: &str| one == "font" && other == "line-height";
    if is_line_height(one, other) || is_line_height(other, one) {
        return true;
    }
    if [one, other]
        .iter()
        .any(|name| NO_BORDERS.iter().any(|no| is_part(name, no)))
    {
        return false;
    }
    let are_borders = is_part(one, "border") && is_part(other, "border");
    are_borders || is_part(one, other) || is_part(other, one)
}

impl Selector {
    fn read(selector: &str) -> Self {
        let mut read = Self::default();
        read.part(&mut Parser::new(selector), true);
        read
    }

    fn part(&mut self, parser: &mut Parser<'_>, is_outer: bool) {
        let (mut before, mut earlier) = (None, None);
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            let (ids, classes, elements) = &mut self.specificity;
            let is_pseudo = before == Some(Token::Colon);
            match &token {
                Token::WhiteSpace(_) | Token::Delim('>' | '+' | '~') if is_outer => {
                    (self.element, self.id) = (None, None);
                    self.classes.clear();
                }
                Token::Ident(name) if is_pseudo => {
                    let parts = ["before", "after", "first-letter", "first-line"];
                    match earlier == Some(Token::Colon) || is_any(name, &parts) {
                        true => (*elements, self.is_about_a_part) = (*elements + 1, true),
                        false => *classes += 1,
                    }
                }
                Token::Ident(name) if before == Some(Token::Delim('.')) => {
                    *classes += 1;
                    if is_outer {
                        self.classes.push(name.to_string());
                    }
                }
                Token::Ident(name) => {
                    *elements += 1;
                    if is_outer {
                        self.element = Some(name.to_ascii_lowercase());
                    }
                }
                Token::IDHash(name) | Token::Hash(name) => {
                    *ids += 1;
                    if is_outer {
                        self.id = Some(name.to_string());
                    }
                }
                Token::SquareBracketBlock => *classes += 1,
                Token::Function(name) if is_any(name, &["not", "is", "has"]) => {
                    let inner: Result<(), ParseError<()>> = parser.parse_nested_block(|inner| {
                        self.part(inner, false);
                        Ok(())
                    });
                    drop(inner);
                }
                Token::Function(name) if !name.eq_ignore_ascii_case("where") => *classes += 1,
                _ => {}
            }
            earlier = before.replace(token);
        }
    }

    /// Whether it may be about an element: what stands around that is not looked at.
    fn matches(&self, node: &Node) -> bool {
        let is_element = |name: &String| *name == node.name;
        self.element.as_ref().is_none_or(is_element)
            && (self.id.is_none() || self.id == node.id)
            && self
                .classes
                .iter()
                .all(|class| node.classes.contains(class))
    }
}

fn nodes(page: &str) -> Vec<Node> {
    let mut nodes = Vec::new();
    for piece in tokens(page) {
        let Piece::Start {
            name, attributes, ..
        } = piece
        else {
            continue;
        };
        let of = |wanted: &str| {
            let said = attributes.iter().find(|(name, _)| name == wanted);
            said.map(|(_, value)| value.as_str())
        };
        let own = of("style").map_or_else(Vec::new, |style| {
            let own = declarations(style).unwrap_or_default();
            own.into_iter().map(|it| it.name).collect()
        });
        let classes = of("class").unwrap_or_default().split_ascii_whitespace();
        nodes.push(Node {
            classes: classes.map(str::to_owned).collect(),
            id: of("id").map(str::to_owned),
            own,
            name,
        });
    }
    nodes
}
