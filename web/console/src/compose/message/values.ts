/** Values of placeholders, as nested names or dotted paths. */
export type Values = Record<string, unknown>;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path. */
export function valueAt(values: Values | undefined, path: string): unknown {
  if (values === undefined) return undefined;
  if (path in values) return values[path];
  let place: unknown = values;
  for (const name of path.split('.')) {
    if (!isObject(place)) return undefined;
    place = place[name];
  }
  return place;
}

/** The values with another one at a dotted path; without a value the path is removed. */
export function withValue(values: Values | undefined, path: string, value: unknown): Values {
  const [first = '', ...rest] = path.split('.');
  const { [path]: dotted, [first]: inner, ...others } = values ?? {};
  if (rest.length === 0) return value === undefined ? others : { ...others, [first]: value };
  void dotted;
  const changed = withValue(isObject(inner) ? inner : {}, rest.join('.'), value);
  return Object.keys(changed).length === 0 ? others : { ...others, [first]: changed };
}

type ValueKind = 'text' | 'number' | 'date' | 'moment';

const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/;

/** How a value is entered, judged by the sample and by what is there. */
export function kindOf(sample: unknown, value: unknown): ValueKind {
  const there = value === undefined || value === '' ? undefined : value;
  if (typeof sample === 'number') return 'number';
  if (typeof sample !== 'string') return 'text';
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(sample)) {
    return there === undefined || (typeof there === 'string' && LOCAL.test(there)) ? 'moment' : 'text';
  }
  if (/^\d{4}-\d\d-\d\d$/.test(sample)) {
    return there === undefined || /^\d{4}-\d\d-\d\d$/.test(String(there)) ? 'date' : 'text';
  }
  return 'text';
}

/** What was typed, as the API stores it. A number that is not finished stays a text. */
export function typedValue(kind: ValueKind, typed: string): unknown {
  if (typed === '') return undefined;
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(typed.replace(',', '.'))) return Number(typed.replace(',', '.'));
  return typed;
}
