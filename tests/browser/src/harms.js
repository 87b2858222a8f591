'use strict';
const suspects = JSON.parse(document.getElementById('data').textContent);
const harms = new Map();
const say = (name, what) => {
  if (!harms.has(name)) harms.set(name, new Set());
  if (harms.get(name).size < 10) harms.get(name).add(what);
};

const FORBIDDEN = `script, iframe, frame, frameset, fencedframe, portal, object, embed, applet, form, input, button, select, textarea, keygen, isindex,
  audio, video, source, track, canvas, svg, math, base, link, template, dialog, slot, noscript, noembed, noframes, plaintext, xmp, bgsound, layer,
  ilayer, xml, marquee, meta[name=referrer], meta[http-equiv]:not([http-equiv="Content-Type" i], [http-equiv="X-UA-Compatible" i])`;
const ADDRESSES = [
  'href', 'src', 'background', 'xlink:href', 'action', 'formaction', 'poster', 'data', 'cite', 'longdesc', 'lowsrc', 'dynsrc', 'ping',
  'codebase', 'classid', 'manifest', 'icon', 'profile', 'datasrc', 'srcset',
];
// `cid:` refers to a part of the email itself.
const SCHEMES = ['https:', 'http:', 'mailto:', 'tel:', 'cid:'];
const NEVER = ['srcdoc', 'formaction', 'ping', 'xlink:href', 'datasrc', 'popovertarget', 'autofocus', 'contenteditable'];

/** CSS as a program reads it: without comments and escapes. */
const bare = (css) =>
  css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\\([0-9a-f]{1,6})\s?|\\(.)/gi, (_, hex, letter) => (hex ? String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff)) : letter));

function lookAtStyle(css, tell) {
  const found = /expression\s*\(|javascript:|vbscript:|-moz-binding|-o-link|(^|[^-\w])behavior\s*:|@import|@namespace|url\(\s*['"]?\s*(?!https?:|cid:|data:image\/|['")])[a-z+.-]*:/i.exec(bare(css));
  if (found) tell(`a style with ${found[0]}`);
}

/** Looks for what could run or lead away, in elements that are there. */
function lookAt(root, tell, isForOutlook = false) {
  for (const element of root.querySelectorAll(FORBIDDEN)) {
    // Word's own document metadata, and MJML's wrapper.
    const isWords = isForOutlook && ['xml', 'noscript'].includes(element.localName) && !element.hasAttribute('src');
    if (!isWords) tell(`<${element.localName}>`);
  }
  for (const element of root.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      const small = name.toLowerCase();
      if (/^on/.test(small)) tell(`${small} on <${element.localName}>`);
      if (NEVER.includes(small)) tell(`${small} on <${element.localName}>`);
      if (small === 'style') lookAtStyle(value, tell);
      if (!ADDRESSES.includes(small)) continue;
      let scheme = '';
      try {
        scheme = new URL(value, 'https://base.invalid/').protocol;
      } catch {
        // An invalid URL leads nowhere.
      }
      const isPicture = element.localName === 'img' && small === 'src' && /^\s*data:image\/(png|gif|jpeg|webp)[;,]/i.test(value);
      if (scheme && !SCHEMES.includes(scheme) && !isPicture) tell(`${small} on <${element.localName}> leads to ${scheme}`);
      if (/^\s*(\/\/|\\\\)/.test(value)) tell(`${small} on <${element.localName}> leads to whatever scheme there is`);
    }
    if (element.localName === 'style') lookAtStyle(element.textContent, tell);
    if (element.localName === 'template') lookAt(element.content, tell);
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    // Content for specific mail clients.
    const conditional = /^\s*\[if[^\]]*\]>([\s\S]*)$/i.exec(node.data);
    if (conditional) read(conditional[1].replace(/<!--/g, ''), (what) => tell(`for Outlook: ${what}`), true);
  }
}

/** Reads HTML as a program does that runs no scripts. */
function read(html, tell, isForOutlook = false) {
  lookAt(new DOMParser().parseFromString(html, 'text/html'), tell, isForOutlook);
}

function open({ name, html }) {
  const tell = (what) => say(name, what);
  const frame = document.createElement('iframe');
  // A frame's dialog would block until closed.
  frame.sandbox = 'allow-scripts allow-same-origin';
  document.body.append(frame);
  const view = frame.contentWindow;
  const page = frame.contentDocument;
  page.open();
  for (const dialog of ['alert', 'confirm', 'prompt', 'print', 'open', 'fetch', 'MsgBox']) view[dialog] = () => tell(`a script ran: ${dialog}`);
  for (const kind of ['Image', 'XMLHttpRequest', 'WebSocket', 'Worker', 'EventSource']) {
    view[kind] = function made() {
      tell(`a script ran: ${kind}`);
    };
  }
  view.navigator.sendBeacon = () => tell('a script ran: sendBeacon');
  Object.defineProperty(page, 'title', { configurable: true, set: () => tell('a script ran: title'), get: () => '' });
  page.addEventListener('securitypolicyviolation', (event) => {
    // An email's pictures and fonts may be remote; an invalid picture URL is never requested.
    const isPicture = /^(img|font)-src/.test(event.effectiveDirective) && /^(https?|cid|mailto|tel)\b/.test(event.blockedURI);
    if (!isPicture) tell(`asked for ${event.effectiveDirective} ${event.blockedURI}`);
  });
  try {
    page.write(html);
    page.close();
  } catch (error) {
    tell(`could not be opened: ${error}`);
  }
  for (const element of page.querySelectorAll('a, area')) {
    if (element.protocol === 'javascript:') tell('a link that runs a script');
  }
  lookAt(page, tell);
  read(html, tell);
  // As in webmail: the serialised HTML is parsed again in a separate container.
  const place = document.implementation.createHTMLDocument('').createElement('div');
  const known = new Set(harms.get(name));
  for (const [time, markup] of [['again', () => page.documentElement.innerHTML], ['a third time', () => place.innerHTML]]) {
    place.innerHTML = markup();
    lookAt(place, (what) => known.has(what) || tell(`read ${time}: ${what}`));
  }
  return frame;
}

// This page's policy blocks a frame's navigation.
document.addEventListener('securitypolicyviolation', (event) => {
  say('one of the pages', `asked for ${event.effectiveDirective} ${event.blockedURI}`);
});

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function all() {
  for (let start = 0; start < suspects.length; start += 50) {
    const frames = suspects.slice(start, start + 50).map(open);
    await wait(20);
    for (const frame of frames) frame.remove();
  }
  await wait(20);
}

const report = (found) => {
  const bytes = new TextEncoder().encode(JSON.stringify(found));
  const written = document.createElement('pre');
  written.id = 'report';
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  written.textContent = btoa(text);
  document.body.replaceChildren(written);
};
all().then(
  () => report([...harms].map(([name, found]) => ({ name, found: [...found] }))),
  (error) => report([{ name: 'the page itself', found: [String(error.stack || error)] }]),
);
