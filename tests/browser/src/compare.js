'use strict';
const pairs = JSON.parse(document.getElementById('data').textContent);
const LOOKS = [
  { name: 'light, 1000 px', scheme: 'light', width: 1000 },
  { name: 'dark, 1000 px', scheme: 'dark', width: 1000 },
  { name: 'light, 390 px', scheme: 'light', width: 390 },
  { name: 'dark, 390 px', scheme: 'dark', width: 390 },
];
// Maximum differences reported per email.
const MOST = 40;

const frame = (html, look) => {
  const made = document.createElement('iframe');
  made.sandbox = 'allow-same-origin';
  made.style = `width:${look.width}px;height:900px;border:0;color-scheme:${look.scheme}`;
  // A page in a frame is laid out in no-quirks mode, as in webmail (HTML Living Standard, 13.2.6.4.1). Chromium still parses one
  // without a doctype in quirks mode, and leaves a paragraph open before a table.
  made.srcdoc = /^\s*<!doctype/i.test(html) ? html : `<!DOCTYPE html>${html}`;
  document.body.append(made);
  return made;
};
const seen = pairs.map((pair) => ({
  pair,
  looks: LOOKS.map((look) => ({ look, before: frame(pair.before, look), after: frame(pair.after, look) })),
}));

const plain = (text) => text.replace(/[ \t\n\r\f]+/g, ' ').trim();
const hasColor = (color) => !/^rgba\(.*, 0\)$/.test(color) && color !== 'transparent';

/** What is painted behind an element. */
function background(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const style = view.getComputedStyle(at);
    if (style.backgroundImage !== 'none') return `${style.backgroundColor} ${style.backgroundImage}`;
    if (hasColor(style.backgroundColor)) return style.backgroundColor;
  }
  return 'none';
}

/** The element that an element's line of text is laid out in. */
function blockOf(element, view) {
  let at = element;
  while (at.parentElement && ['inline', 'contents'].includes(view.getComputedStyle(at).display)) at = at.parentElement;
  return at;
}

const line = (style, side) =>
  style[`border${side}Width`] === '0px' ? 'none' : `${style[`border${side}Width`]} ${style[`border${side}Style`]} ${style[`border${side}Color`]}`;

/** The texts of a page in their order, with what applies to them. */
function texts(page, view) {
  const found = [];
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element.closest('style, script, title, noscript, template')) continue;
    const text = node.data.replace(/[ \t\n\r\f]+/g, ' ');
    const last = found[found.length - 1];
    if (!plain(text)) {
      if (last) last.text += ' ';
      continue;
    }
    const style = view.getComputedStyle(element);
    const block = blockOf(element, view);
    const outer = view.getComputedStyle(block);
    const lines = new Set();
    for (let at = element; at; at = at.parentElement) {
      const drawn = view.getComputedStyle(at).textDecorationLine;
      if (drawn !== 'none') lines.add(drawn);
      if (at === block) break;
    }
    const applies = {
      visible: element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
      color: style.color,
      background: background(element, view),
      'font-size': style.fontSize,
      'font-weight': style.fontWeight,
      'font-style': style.fontStyle,
      'font-family': style.fontFamily,
      'line-height': style.lineHeight,
      'letter-spacing': style.letterSpacing,
      'text-transform': style.textTransform,
      'white-space': style.whiteSpace,
      'vertical-align': style.verticalAlign,
      'text-decoration': [...lines].sort().join(' '),
      'text-align': outer.textAlign,
      direction: style.direction,
      display: style.display,
      'display of its block': outer.display,
      'line around': ['Top', 'Right', 'Bottom', 'Left'].map((side) => line(outer, side)).join(', '),
      padding: outer.padding,
      language: (element.closest('[lang]') || {}).lang || '',
    };
    const key = JSON.stringify(applies);
    if (last && last.key === key && last.block === block) {
      last.text += text;
    } else {
      const box = block.getBoundingClientRect();
      found.push({ text, key, applies, block, box: { x: box.x, width: box.width, height: box.height } });
    }
  }
  return found.map((it) => ({ ...it, text: plain(it.text) }));
}

// Selectors that style attributes cannot express: states, pseudo-elements, and elements that mail clients wrap around an email.
const STAYS = /:(hover|focus|active|visited|target)|::?(before|after|first-letter|first-line|marker)|\[data-og|\[owa\]|ExternalClass|#outlook|MessageViewBody|\.moz-|x-apple-data|\.a6S|\.aBn|\bu\s*[+~]/;

/** Rules that have to stay rules, one declaration each, as `conditions { selector { property: value`. */
function rules(page) {
  const found = new Set();
  const walk = (list, around) => {
    for (const rule of list) {
      if (rule.selectorText !== undefined) {
        for (const selector of rule.selectorText.split(',')) {
          if (!around && !STAYS.test(selector)) continue;
          for (const name of rule.style) {
            found.add(`${around}${selector.trim()} { ${name}: ${rule.style.getPropertyValue(name)} ${rule.style.getPropertyPriority(name)}`.trim());
          }
        }
      } else if (rule.cssRules && rule.type !== CSSRule.KEYFRAMES_RULE) {
        walk(rule.cssRules, `${around}${rule.cssText.split('{')[0].trim()} { `);
      } else {
        found.add(`${around}${plain(rule.cssText)}`);
      }
    }
  };
  // `<style media="…">` is a group of rules too.
  for (const sheet of page.styleSheets) {
    const media = sheet.media.mediaText;
    walk(sheet.cssRules, ['', 'all', 'screen'].includes(media) ? '' : `@media ${media} { `);
  }
  return found;
}

/** A comment for Outlook in one of the ways of writing it. */
function canonical(comment) {
  const text = comment.replace(/\s+/g, ' ').trim();
  // `<![if x]>`, whose content all clients read, is equivalent to `<!--[if x]><!-->`, as is its end.
  const shown = /^\[if ([^\]]*)\](> ?<!(-- ?)?)?$/i.exec(text);
  if (shown) return `[if ${shown[1]}] shown`;
  if (/^(<!)?\[endif\]$/i.test(text)) return '[endif]';
  return text.replace(/ ?\/?>/g, '>').replace(/> </g, '><').replace(/> /g, '>').replace(/ </g, '<');
}

/** What only Outlook reads. */
function conditional(page) {
  const found = [];
  const walker = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (/^\s*\[(if|endif)/i.test(node.data) || /\[endif\]\s*$/i.test(node.data)) found.push(canonical(node.data));
  }
  return found;
}

function links(page) {
  return [...page.querySelectorAll('a[href], area[href]')].map((link) => {
    const raw = link.getAttribute('href').trim();
    const name = raw.startsWith('#') ? raw.slice(1) : '';
    const target = name ? !!(page.getElementById(name) || page.getElementsByName(name)[0]) : null;
    return { href: link.href, text: plain(link.textContent), leads: target, map: link.localName === 'area' ? (link.closest('map') || {}).name : null };
  });
}

function pictures(page) {
  return [...page.querySelectorAll('img')].map((picture) => {
    const box = picture.getBoundingClientRect();
    return { src: picture.src, alt: picture.alt, visible: picture.checkVisibility(), map: picture.useMap, width: Math.round(box.width), height: Math.round(box.height) };
  });
}

/** Painted boxes without text: lines, spacers and buttons. */
function boxes(page, view) {
  return [...page.body.querySelectorAll('td, th, div, hr, table')]
    .filter((box) => !plain(box.textContent))
    .map((box) => {
      const style = view.getComputedStyle(box);
      return { color: style.backgroundColor, image: style.backgroundImage, top: line(style, 'Top'), visible: box.checkVisibility() };
    })
    .filter((box) => hasColor(box.color) || box.image !== 'none' || box.top !== 'none');
}

const show = (value) => JSON.stringify(value);
const short = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

function compareTexts(one, two, where, say) {
  const said = (list) => list.map((it) => it.text).join(' ');
  if (said(one).replace(/\s+/g, '') !== said(two).replace(/\s+/g, '')) {
    let at = 0;
    const [a, b] = [said(one), said(two)];
    while (at < a.length && a[at] === b[at]) at += 1;
    say(`${where}: the text differs at ${show(short(a.slice(Math.max(0, at - 20))))}, now ${show(short(b.slice(Math.max(0, at - 20))))}`);
    return;
  }
  // Text may be split into more or fewer pieces than before, so styles are compared per character.
  const styled = (list) => list.flatMap((it) => [...it.text.replace(/\s+/g, '')].map((letter) => ({ letter, it })));
  const [a, b] = [styled(one), styled(two)];
  const told = new Set();
  for (let at = 0; at < a.length; at += 1) {
    const [old, now] = [a[at].it, b[at].it];
    for (const name of Object.keys(old.applies)) {
      const [x, y] = [old.applies[name], now.applies[name]];
      // A missing language may have been added.
      if (x === y || (name === 'language' && x === '')) continue;
      const line = `${where}: ${name} of ${show(short(old.text))} was ${show(x)} and is ${show(y)}`;
      if (!told.has(line)) say(line);
      told.add(line);
    }
    for (const name of ['x', 'width', 'height']) {
      if (!old.applies.visible || Math.abs(old.box[name] - now.box[name]) <= 1.5) continue;
      const line = `${where}: ${name} of the block of ${show(short(old.text))} was ${old.box[name]} and is ${now.box[name]}`;
      if (!told.has(line)) say(line);
      told.add(line);
    }
  }
}

function compareLists(one, two, what, say) {
  for (let at = 0; at < Math.max(one.length, two.length); at += 1) {
    if (show(one[at]) === show(two[at])) continue;
    say(`${what}: was ${show(one[at])} and is ${show(two[at])}`);
    if (one.length !== two.length) return;
  }
}

/** Makes a state that rules ask for real: what is under the pointer, and what Outlook marks when it darkens a mail. */
function state(page, name) {
  if (name === 'under the pointer') {
    for (const style of page.querySelectorAll('style')) style.textContent = style.textContent.replace(/:(hover|focus|active)\b/g, '[data-under-pointer]');
    for (const element of page.body.querySelectorAll('*')) element.setAttribute('data-under-pointer', '');
  } else {
    page.documentElement.setAttribute('data-ogsc', '');
    page.documentElement.setAttribute('data-ogsb', '');
  }
}

function look({ pair, looks }) {
  const found = [];
  const say = (line) => found.length < MOST && !found.includes(line) && found.push(line);
  let counts;
  for (const { look, before, after } of looks) {
    const [one, two] = [before.contentDocument, after.contentDocument];
    const [left, right] = [before.contentWindow, after.contentWindow];
    if (left.matchMedia('(prefers-color-scheme: dark)').matches !== (look.scheme === 'dark')) throw new Error('no dark mode in this browser');
    const read = texts(one, left);
    if (!counts) {
      counts = { texts: read.length, links: links(one).length };
      const [old, now] = [one.documentElement, two.documentElement];
      if (old.lang && old.lang !== now.lang) say(`the language of the page was ${show(old.lang)} and is ${show(now.lang)}`);
      // The direction of the body may have moved to the page.
      for (const name of old.dir ? ['documentElement', 'body'] : ['body']) {
        const [x, y] = [left.getComputedStyle(one[name]).direction, right.getComputedStyle(two[name]).direction];
        if (x !== y) say(`the direction of ${name} was ${x} and is ${y}`);
      }
      compareLists(conditional(one).sort(), conditional(two).sort(), 'a comment for Outlook', say);
      compareLists(links(one), links(two), 'a link', say);
      const kept = rules(two);
      // A rule's precedence may change where another one became inline; the computed result is compared.
      for (const rule of rules(one)) if (!kept.has(rule) && !kept.has(`${rule} important`)) say(`a rule is gone: ${rule}`);
    }
    compareTexts(read, texts(two, right), look.name, say);
    compareLists(pictures(one), pictures(two), `${look.name}: a picture`, say);
    compareLists(boxes(one, left), boxes(two, right), `${look.name}: a box`, say);
    const schemes = [one, two].map((page, at) => [left, right][at].getComputedStyle(page.documentElement).colorScheme);
    if (schemes[0] !== schemes[1]) say(`${look.name}: the color scheme was ${schemes[0]} and is ${schemes[1]}`);
    const paper = (page, view) => background(page.body, view);
    if (paper(one, left) !== paper(two, right)) say(`${look.name}: behind everything was ${paper(one, left)} and is ${paper(two, right)}`);
  }
  const [first] = looks;
  for (const name of ['under the pointer', 'as Outlook darkens it']) {
    const [one, two] = [first.before.contentDocument, first.after.contentDocument];
    state(one, name);
    state(two, name);
    compareTexts(texts(one, first.before.contentWindow), texts(two, first.after.contentWindow), name, say);
  }
  return { name: pair.name, ...counts, found };
}

window.onload = () => {
  let report;
  try {
    report = seen.map(look);
  } catch (error) {
    report = [{ name: 'the page itself', texts: 0, links: 0, found: [String(error.stack || error)] }];
  }
  const bytes = new TextEncoder().encode(JSON.stringify(report));
  const written = document.createElement('pre');
  written.id = 'report';
  written.textContent = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  document.body.replaceChildren(written);
};
