import type { Vendor, VendorField } from '../vendors';

/** A field, and its place in the body of the request. */
export type Placed = { place: string; field: VendorField };

type SectionName = 'sender' | 'settings' | 'credentials';

/** What stands in a section of the form: a field, or groups of fields of which one is filled in. */
export type Item = { kind: 'field'; placed: Placed } | { kind: 'either'; groups: Placed[][]; required: boolean };

/** A rule about fields that all stay visible: at least one group, or all fields of a group or none. */
export type Rule = { groups: Placed[][]; required: boolean };

type Layout = Record<SectionName, { items: Item[]; rules: Rule[] }>;

/** Every field of a vendor with its place. */
export function placesOf(vendor: Vendor): Placed[] {
  return [
    ...vendor.sender.map((field) => ({ place: field.name, field })),
    ...vendor.settings.map((field) => ({ place: `settings.${field.name}`, field })),
    ...vendor.credentials.map((field) => ({ place: `credentials.${field.name}`, field })),
  ];
}

function sectionOf(place: string): SectionName {
  if (place.startsWith('settings.')) return 'settings';
  return place.startsWith('credentials.') ? 'credentials' : 'sender';
}

/** The form of a vendor's account: groups that exclude each other are one question. */
export function layoutOf(vendor: Vendor): Layout {
  const layout: Layout = {
    sender: { items: [], rules: [] },
    settings: { items: [], rules: [] },
    credentials: { items: [], rules: [] },
  };
  const places = placesOf(vendor);
  const combinations = vendor.combinations.map(({ groups, required, exclusive }) => ({
    required,
    exclusive: exclusive && groups.length > 1,
    groups: groups.map((group) => places.filter(({ place }) => group.includes(place))),
  }));
  const asked = new Set<string>();
  for (const placed of places) {
    if (asked.has(placed.place)) continue;
    const choice = combinations.find((it) => it.exclusive && it.groups.some((group) => group.includes(placed)));
    const items = layout[sectionOf(placed.place)].items;
    if (choice === undefined) items.push({ kind: 'field', placed });
    else {
      items.push({ kind: 'either', groups: choice.groups, required: choice.required });
      for (const { place } of choice.groups.flat()) asked.add(place);
    }
  }
  for (const { groups, required, exclusive } of combinations) {
    const last = groups.at(-1)?.at(-1);
    if (!exclusive && last !== undefined) layout[sectionOf(last.place)].rules.push({ groups, required });
  }
  return layout;
}
