/**
 * HTML without anything that could run. The console's policy forbids scripts in the builder's canvas; this holds without it, too,
 * and the API refuses such HTML in any case.
 */
export function safeHtml(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const whole = /<(!doctype|html|head|body)[\s>]/i.test(html);
  for (const it of page.querySelectorAll('script,iframe,frame,object,embed,form,link,meta,base')) it.remove();
  for (const it of page.querySelectorAll('*')) {
    for (const { name, value } of Array.from(it.attributes)) {
      const address = value.replace(/[\s\u0000-\u001f]/g, '').toLowerCase(); // oxlint-disable-line no-control-regex
      if (name.startsWith('on') || name === 'srcdoc' || /^(javascript|vbscript|data:text)/.test(address)) {
        it.removeAttribute(name);
      }
    }
  }
  return whole ? page.documentElement.outerHTML : page.body.innerHTML;
}
