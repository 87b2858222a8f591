import { pathsIn, type Placeholder } from './placeholders';

// The same rules as shared/domain/src/content/sms_parts.rs, so that the counter follows each key. The server's count, for the
// text with its values, stands beside the preview.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const basic = new Set(BASIC);
const extension = new Set('\f^{}\\[~]|€');
const single = new Set('‘’‚‛′‹›´`ʼ');
const double = new Set('“”„‟″«»');
const dashes = new Set('‒–—―');

export type Parts = {
  alphabet: 'gsm' | 'ucs2';
  units: number;
  count: number;
  /** How much of the last part is left. */
  left: number;
  /** The characters that turn the text into Unicode, each once. */
  culprits: string[];
};

/** Look-alikes of plain characters are sent as those, and invisible ones are left out. */
function plain(text: string): string {
  const result = text
    .replace(/[aeiou]\u0300|[eE]\u0301|[nN]\u0303|[aouAOU]\u0308|[aA]\u030a|C\u0327/g, (it) => it.normalize('NFC'))
    .replaceAll('\u2126', 'Ω')
    .replaceAll('\u212b', 'Å')
    .replace(/\r\n/g, '\n')
    .replace(/[\t\u00a0\u2000-\u200a\u202f\u205f]/g, ' ')
    .replace(/[\u0085\u2028\u2029]/g, '\n')
    .replace(/[\u00ad\u200b\u2060\ufeff]/g, '');
  const bare = result
    .replace(/\u200c|\u200d|[\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u2069]|[\ufe00-\ufe0f]/g, '')
    .replace(/\u3000/g, ' ')
    .replace(/[\u2010\u2011\u2212]/g, '-');
  return [...bare].every(isGsm) ? bare : result;
}

function isGsm(letter: string): boolean {
  return basic.has(letter) || extension.has(letter);
}

/** Typographic quotes, dashes and dots as plain ones. */
function plainPunctuation(text: string): string {
  return [...text]
    .map((it) => (single.has(it) ? "'" : double.has(it) ? '"' : dashes.has(it) ? '-' : it === '…' ? '...' : it))
    .join('');
}

/** The size of a text message and what it is made of. */
export function partsOf(written: string, simplified = false): Parts {
  const letters = [...plain(simplified ? plainPunctuation(written) : written)];
  const culprits = [...new Set(letters.filter((it) => !isGsm(it)))];
  const gsm = culprits.length === 0;
  const [one, each] = gsm ? [160, 153] : [70, 67];
  const lengths = letters.map((it) => (gsm ? (basic.has(it) ? 1 : 2) : it.length));
  const units = lengths.reduce((sum, it) => sum + it, 0);
  if (units <= one) return { alphabet: gsm ? 'gsm' : 'ucs2', units, count: 1, left: one - units, culprits };
  let count = 1;
  let filled = 0;
  for (const length of lengths) {
    if (filled + length > each) {
      count += 1;
      filled = 0;
    }
    filled += length;
  }
  return { alphabet: gsm ? 'gsm' : 'ucs2', units, count, left: each - filled, culprits };
}

/** The text as a receiver with the sample values gets it, about; conditions are taken to be met. */
export function withSamples(text: string, known: Placeholder[]): string {
  return text
    .replace(/\{\{\s*else\s*\}\}[\s\S]*?\{\{\s*\/(?:if|unless|each|with)\s*\}\}/g, '')
    .replace(/\{\{([^{}]*)\}\}/g, (tag, inside: string) => {
      if (/^\s*[#/!]/.test(inside)) return '';
      const [path] = pathsIn(tag);
      return known.find((it) => it.path === path)?.sample ?? '';
    });
}
