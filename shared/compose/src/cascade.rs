//! Determines which declarations of rules that stay in the head must become `!important`: the rules they overrode are now inlined
//! in the elements, where they override any rule (CSS Cascading and Inheritance Level 4, 6.1).

use std::{cell::Cell, rc::Rc};

use cssparser::{ParseError, Parser, Token};

use crate::{
    css::{GROUPS, Rule, Vocabulary, css_of, has_to_stay, is_any, rules, selectors, skip_block},
    tokens::{Piece, tokens},
};

/// The most comparisons of elements with selectors, and of properties with each other; the rest stays unchanged.
const COMPARISONS: usize = 4_000_000;
/// A rule with more selectors times declarations than this stays unchanged.
const PARTS: usize = 10_000;
/// The most bytes that the declarations of a rule may grow to if it is written separately for some of its selectors.
const SPLIT_BYTES: usize = 16 * 1024;
/// Properties that are not part of `border`, despite their names.
const NO_BORDERS: [&str; 3] = ["border-collapse", "border-spacing", "border-radius"];

/// Ids, then classes, attributes and pseudo-classes, then elements (Selectors Level 4, 15).
type Specificity = (usize, usize, usize);

/// The declarations of a rule, for one of its selectors.
struct Said {
    selector: Selector,
    /// Its position among all rules.
    order: usize,
    /// Its properties, and which of them are important.
    properties: Rc<[(String, bool)]>,
}

/// An element of the page.
struct Node {
    name: String,
    classes: Vec<String>,
    id: Option<String>,
    /// The properties of its own style.
    own: Vec<String>,
}

#[derive(Default)]
struct Selector {
    element: Option<String>,
    classes: Vec<String>,
    id: Option<String>,
    specificity: Specificity,
    /// Whether it selects a pseudo-element, which an inline style cannot replace.
    is_about_a_part: bool,
}

/// The declarations of a page.
#[derive(Default)]
pub(crate) struct Cascade {
    nodes: Vec<Node>,
    /// Rules that are inlined.
    inlined: Vec<Said>,
    /// Rules that stay and have important declarations.
    important: Vec<Said>,
    /// For each element, the rules that may match it.
    at: Vec<Vec<usize>>,
    left: Cell<usize>,
}

impl Cascade {
    /// Reads the styles of a page, except those that stay whole.
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

    /// Whether this many more comparisons are allowed.
    fn takes(&self, comparisons: usize) -> bool {
        let left = self.left.get().saturating_sub(comparisons);
        self.left.set(left);
        left > 0
    }

    /// Whether a declaration overrode everything that is inlined in its elements, and no longer would.
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
        // Declarations that were already important still override.
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

    /// Writes a rule with the necessary `!important`s. Selectors that need different ones get rules of their own.
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

/// The content of an at-rule whose rules cascade like all others.
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

/// The declarations of a rule; `None` if it contains rules, or something that cannot be parsed.
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

/// Whether two properties overlap, such as `border` and `border-top-color`.
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

    /// Whether it may match an element; its ancestors and siblings are ignored.
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
