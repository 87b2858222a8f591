//! The plain-text part of an email, made from its HTML when that is written.
//!
//! It is made from the template and not from what each receiver gets: once, and not a million times, and a function that
//! sends holds no parser of HTML. Placeholders and blocks keep their places.

use std::collections::BTreeMap;

use html2text::render::TextDecorator;

/// The width, in characters, to which text is wrapped (RFC 5322, 2.1.1 recommends 78).
const WIDTH: usize = 78;
/// A placeholder or block is a word between these while HTML is read. They are of Unicode's private use, so no text has them.
const OPEN: char = '\u{E0F0}';
const CLOSE: char = '\u{E0F1}';

/// The text of HTML with placeholders, as a template of its own; `None` where the blocks of the template do not fit into the
/// structure of the HTML, so that their places in the text cannot be told.
pub fn from_html(html: &str) -> Option<String> {
    let marked = Marked::new(html)?;
    let text = marked.text(&marked.html);
    // HTML takes text out of a table that stands between its rows.
    let text = text.or_else(|| marked.text(&without_tables(&marked.html)))?;
    Some(text.trim_end().to_owned())
}

/// HTML in which a word stands for each `{{…}}`.
struct Marked<'a> {
    html: String,
    tags: Vec<&'a str>,
    /// The block around each tag, by its place.
    around: Vec<Option<usize>>,
}

/// What a tag does to the blocks around what follows.
enum Step {
    Open,
    Close,
    Within,
}

fn step_of(tag: &str) -> Step {
    match tag
        .trim_start_matches('{')
        .trim_start_matches('~')
        .chars()
        .next()
    {
        Some('#') => Step::Open,
        Some('/') => Step::Close,
        _ => Step::Within,
    }
}

impl<'a> Marked<'a> {
    fn new(source: &'a str) -> Option<Self> {
        let (mut html, mut tags) = (String::with_capacity(source.len()), Vec::new());
        let mut rest = source;
        while let Some(start) = rest.find("{{") {
            let (before, tag) = rest.split_at(start);
            let end = match tag.starts_with("{{!--") {
                true => tag.find("--}}")? + 4,
                false => tag.find("}}")? + 2,
            };
            let (tag, after) = tag.split_at(end);
            html.push_str(before);
            // What is no tag for the template says nothing to a reader either.
            if !tag.starts_with("{{!") {
                html.push_str(&format!("{OPEN}{}{CLOSE}", tags.len()));
                tags.push(tag);
            }
            rest = after;
        }
        html.push_str(rest);
        let order = 0..tags.len();
        let around = blocks_around(&tags, order.clone(), order)?;
        let around = around.into_values().collect();
        Some(Self { html, tags, around })
    }

    /// The text of such HTML with its tags in their places again, if each still is in its block.
    fn text(&self, html: &str) -> Option<String> {
        let config = html2text::config::with_decorator(Plain::default());
        let config = config.allow_width_overflow();
        let text = config.string_from_read(html.as_bytes(), WIDTH).ok()?;
        let text = self.without_empty_items(&text);
        // Braces that were written as entities would be taken for a placeholder.
        if text.contains("{{") {
            return None;
        }
        let (mut found, mut result) = (Vec::new(), String::with_capacity(text.len()));
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (number, after) = after.split_once(CLOSE)?;
            let place: usize = number.parse().ok()?;
            // Either means something before a placeholder, and stood before an element of HTML.
            if before.ends_with(['\\', '{']) {
                return None;
            }
            result.push_str(before);
            result.push_str(self.tags.get(place)?);
            found.push(place);
            rest = after;
        }
        result.push_str(rest);
        let around = blocks_around(&self.tags, found.iter().copied(), 0..self.tags.len())?;
        let is_in_place = |place: &usize| around.get(place) == self.around.get(*place);
        found.iter().all(is_in_place).then_some(result)
    }
}

impl Marked<'_> {
    /// The text in which what stands between the items of a list is no item: the beginning and end of a loop.
    fn without_empty_items(&self, text: &str) -> String {
        let lines = text.lines().map(|line| {
            let item = line.trim_start();
            let (mark, rest) = item.split_once(' ').unwrap_or(("", item));
            let is_mark = mark == "*" || mark.trim_end_matches('.').parse::<u32>().is_ok();
            match is_mark && self.is_of_blocks(rest) {
                true => rest,
                false => line,
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Whether a line has nothing but beginnings and ends of blocks, and of these at least one.
    fn is_of_blocks(&self, line: &str) -> bool {
        let mut words = line
            .split([OPEN, CLOSE])
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .peekable();
        let is_block = |word: &str| {
            let tag = word
                .parse()
                .ok()
                .and_then(|place: usize| self.tags.get(place));
            tag.is_some_and(|tag| !matches!(step_of(tag), Step::Within) || tag.contains("else"))
        };
        words.peek().is_some() && line.contains(OPEN) && words.all(is_block)
    }
}

/// The block around each tag, if blocks open and close as they should in this order.
fn blocks_around(
    tags: &[&str],
    order: impl Iterator<Item = usize>,
    known: std::ops::Range<usize>,
) -> Option<BTreeMap<usize, Option<usize>>> {
    let (mut open, mut around) = (Vec::new(), BTreeMap::new());
    for place in order.filter(|place| known.contains(place)) {
        match step_of(tags.get(place)?) {
            Step::Open => {
                around.insert(place, open.last().copied());
                open.push(place);
            }
            // It belongs to the block that it ends.
            Step::Close => {
                around.insert(place, Some(open.pop()?));
            }
            Step::Within => {
                around.insert(place, open.last().copied());
            }
        }
    }
    open.is_empty().then_some(around)
}

/// The same HTML with blocks and words in the place of tables, rows and cells.
fn without_tables(html: &str) -> String {
    let mut result = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        result.push_str(before);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let (tag, after) = tag.split_at(end);
        let name: String = tag
            .trim_start_matches(['<', '/'])
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let is_end = tag.starts_with("</");
        result.push_str(match (name.as_str(), is_end) {
            ("table" | "thead" | "tbody" | "tfoot" | "tr" | "caption", false) => "<div>",
            ("table" | "thead" | "tbody" | "tfoot" | "tr" | "caption", true) => "</div>",
            ("td" | "th", false) => "<span>",
            ("td" | "th", true) => "</span> ",
            ("colgroup" | "col", _) => "",
            _ => tag,
        });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// Plain text in which a link is followed by its address, as a person would write it.
#[derive(Debug, Default, Clone)]
struct Plain {
    links: Vec<String>,
}

impl TextDecorator for Plain {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.links.push(url.to_owned());
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        match self.links.pop() {
            Some(url) if !url.is_empty() && !url.starts_with('#') => format!(" <{url}>"),
            _ => String::new(),
        }
    }

    fn decorate_em_start(&self) -> (String, ()) {
        ("*".to_owned(), ())
    }

    fn decorate_em_end(&self) -> String {
        "*".to_owned()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        ("**".to_owned(), ())
    }

    fn decorate_strong_end(&self) -> String {
        "**".to_owned()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }

    fn header_prefix(&self, level: usize) -> String {
        format!("{} ", "#".repeat(level))
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_blocks_keep_their_places() {
        for (html, text) in [
            (
                "<p>Hello {{member.first_name}},</p>",
                "Hello {{member.first_name}},",
            ),
            (
                "<p>Hi {{default member.first_name \"dear friend of the house\"}}</p>",
                "Hi {{default member.first_name \"dear friend of the house\"}}",
            ),
            (
                "{{#if a}}<p>One</p>{{else}}<p>Two</p>{{/if}}",
                "{{#if a}}\n\nOne\n\n{{else}}\n\nTwo\n\n{{/if}}",
            ),
            (
                "<ul>{{#each items}}<li>{{this.name}}</li>{{/each}}</ul>",
                "{{#each items}}\n* {{this.name}}\n{{/each}}",
            ),
            (
                "<a href=\"https://x.example/{{member.id}}\">Pay {{amount}}</a> now",
                "Pay {{amount}} <https://x.example/{{member.id}}> now",
            ),
            ("<p>a{{!-- <b>nothing</b> }} --}}b{{! c }}</p>", "ab"),
            ("<p class=\"{{#if a}}b{{/if}}\">c</p>", "c"),
        ] {
            let made = from_html(html).unwrap_or_else(|| panic!("{html}"));
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&made), words(text), "{html}");
        }
    }

    #[test]
    fn a_loop_over_rows_of_a_table_stays_around_them() {
        let html = "<table><tr><th>Item</th><th>Price</th></tr>\
            {{#each items}}<tr><td>{{this.name}}</td><td>{{this.price}}</td></tr>{{/each}}</table>";
        let made = from_html(html).unwrap();
        let lines: Vec<&str> = made
            .lines()
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                "Item Price",
                "{{#each items}}",
                "{{this.name}} {{this.price}}",
                "{{/each}}"
            ]
        );
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        // The loop is in the address of a link, and one end of it in the text.
        for html in [
            "<a href=\"{{#if a}}https://x.example\">b{{/if}}</a>",
            "<p>&#123;&#123;x}}</p>",
            "<p>\\<span>{{x}}</span></p>",
            "<p>{<span>{{x}}</span></p>",
        ] {
            assert_eq!(from_html(html), None, "{html}");
        }
    }

    #[test]
    fn long_lines_are_wrapped_between_words() {
        let made = from_html(&format!("<p>{}</p>", "word ".repeat(60))).unwrap();
        assert!(made.lines().all(|line| line.len() <= WIDTH), "{made}");
        assert!(made.lines().count() > 3);
    }
}
