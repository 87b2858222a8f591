const VOID = /<(area|br|col|hr|img|input|wbr)\b((?:[^>"']|"[^"]*"|'[^']*')*?)\s*\/?>/gi;

/** HTML in the form that MJML needs: every element is closed. */
export function wellFormed(html: string): string {
  const closed = html
    .replace(VOID, (_, tag: string, rest: string) => `<${tag.toLowerCase()}${rest} />`)
    .replaceAll(/<br \/>/g, '<br/>');
  if (isXml(closed)) return closed;
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  const xml = new XMLSerializer().serializeToString(body);
  return xml
    .replace(/^<body[^>]*>/, '')
    .replace(/<\/body>$|^<body[^>]*\/>$/, '')
    .replaceAll('\u00a0', '&#160;')
    .replaceAll('<br />', '<br/>');
}

function isXml(html: string): boolean {
  const text = html.replaceAll(/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/gi, '&amp;');
  const page = new DOMParser().parseFromString(`<div>${text}</div>`, 'application/xml');
  return page.querySelector('parsererror') === null;
}
