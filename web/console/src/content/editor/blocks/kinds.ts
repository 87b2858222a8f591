import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { ComponentDefinition } from 'grapesjs';

import type { Block } from '../mjml/source';
import { readable } from '../mjml/start';

/** Elements that the canvas can draw; everything else is kept as it is and shown as a box. */
const DRAWN = new Set([
  'mj-body',
  'mj-wrapper',
  'mj-section',
  'mj-group',
  'mj-column',
  'mj-hero',
  'mj-text',
  'mj-button',
  'mj-image',
  'mj-divider',
  'mj-spacer',
  'mj-social',
  'mj-social-element',
]);

export const KEPT = 'kept';
/** Elements in which other blocks can be put. */
export const COLUMNS = new Set(['mj-column', 'mj-hero']);

export const names: Record<string, MessageDescriptor> = {
  'mj-body': msg`Email`,
  'mj-wrapper': msg`Group of sections`,
  'mj-section': msg`Section`,
  'mj-group': msg`Group of columns`,
  'mj-column': msg`Column`,
  'mj-hero': msg`Banner`,
  'mj-text': msg`Text`,
  'mj-button': msg`Button`,
  'mj-image': msg`Image`,
  'mj-divider': msg`Divider`,
  'mj-spacer': msg`Spacer`,
  'mj-social': msg`Social links`,
  'mj-social-element': msg`Social link`,
  'mj-raw': msg`Code`,
  'mj-table': msg`Table`,
  'mj-navbar': msg`Navigation`,
  'mj-accordion': msg`Accordion`,
  'mj-carousel': msg`Carousel`,
};

/** A block of a source for the canvas. Its parts are found again by its place in `sources`. */
export function definitionOf(block: Block, sources: Block[]): ComponentDefinition {
  const source = sources.push(block) - 1;
  const own = { source, tagName: block.tag, attributes: Object.fromEntries(block.attributes) };
  if (!DRAWN.has(block.tag)) return { ...own, attributes: {}, type: KEPT, kept: block.tag, content: block.inner ?? '' };
  if (block.inner !== undefined) return { ...own, type: block.tag, content: block.inner };
  return { ...own, type: block.tag, components: block.children.map((it) => definitionOf(it, sources)) };
}

export type Kind = {
  id: string;
  title: MessageDescriptor;
  /** Nothing is written in a new block that could be sent by mistake; the canvas says what it is for. */
  make: () => ComponentDefinition;
  /** Whether it is needed seldom. */
  rare?: boolean;
};

const text = (content: string): ComponentDefinition => ({
  type: 'mj-text',
  tagName: 'mj-text',
  attributes: { ...readable },
  content,
});
const column = (...components: ComponentDefinition[]): ComponentDefinition => ({
  type: 'mj-column',
  tagName: 'mj-column',
  components,
});
const section = (...components: ComponentDefinition[]): ComponentDefinition => ({
  type: 'mj-section',
  tagName: 'mj-section',
  components,
});
const link = (name: string): ComponentDefinition => ({
  type: 'mj-social-element',
  tagName: 'mj-social-element',
  attributes: { name, href: '' },
  content: '',
});

/** A section with a block in it, for blocks that cannot stand in the email on their own. */
export function inSection(block: ComponentDefinition): ComponentDefinition {
  return section(column(block));
}

/** What can be added to an email. */
export const kinds: Kind[] = [
  { id: 'text', title: msg`Text`, make: () => text('<p></p>') },
  {
    id: 'heading',
    title: msg`Heading`,
    make: () => text('<h2 style="margin:0;font-size:24px;line-height:1.3"></h2>'),
  },
  {
    id: 'button',
    title: msg`Button`,
    make: () => ({ type: 'mj-button', tagName: 'mj-button', attributes: { href: '' }, content: '' }),
  },
  {
    id: 'picture',
    title: msg`Image`,
    make: () => ({ type: 'mj-image', tagName: 'mj-image', attributes: { src: '', alt: '' } }),
  },
  {
    id: 'columns',
    title: msg`Columns`,
    make: () => section(column(text('<p></p>')), column(text('<p></p>'))),
  },
  { id: 'divider', title: msg`Divider`, make: () => ({ type: 'mj-divider', tagName: 'mj-divider' }) },
  {
    id: 'space',
    rare: true,
    title: msg`Spacer`,
    make: () => ({ type: 'mj-spacer', tagName: 'mj-spacer', attributes: { height: '24px' } }),
  },
  {
    id: 'social',
    rare: true,
    title: msg`Social links`,
    make: () => ({
      type: 'mj-social',
      tagName: 'mj-social',
      components: [link('facebook'), link('instagram'), link('linkedin')],
    }),
  },
  {
    id: 'hero',
    rare: true,
    title: msg`Banner`,
    make: () => ({
      type: 'mj-hero',
      tagName: 'mj-hero',
      attributes: { mode: 'fluid-height', 'background-color': '#155350', padding: '40px 0px' },
      components: [text('<h1 style="margin:0;color:#ffffff;font-size:28px;line-height:1.3;text-align:center"></h1>')],
    }),
  },
  {
    id: 'raw',
    rare: true,
    title: msg`Code`,
    make: () => ({
      type: KEPT,
      kept: 'mj-raw',
      tagName: 'mj-raw',
      content: '{{#if member.first_name}}{{/if}}',
    }),
  },
];

/** Whether a block of this type stands in the email itself, and not in a column. */
export function isWide(type: string | undefined): boolean {
  return type === 'mj-section' || type === 'mj-hero' || type === 'mj-wrapper';
}

type Setting = {
  attribute: string;
  title: MessageDescriptor;
  as: 'text' | 'color' | 'align' | 'network';
  placeholder?: string;
};

const align: Setting = { attribute: 'align', title: msg`Alignment`, as: 'align' };
const color: Setting = { attribute: 'color', title: msg`Text color`, as: 'color' };
const background: Setting = { attribute: 'background-color', title: msg`Background color`, as: 'color' };
const padding: Setting = { attribute: 'padding', title: msg`Padding`, as: 'text', placeholder: '10px 25px' };

/** What can be set for a block beside its text. */
export const settings: Record<string, Setting[]> = {
  'mj-body': [background, { attribute: 'width', title: msg`Width`, as: 'text', placeholder: '600px' }],
  'mj-section': [background, padding],
  'mj-wrapper': [background, padding],
  'mj-column': [background, { attribute: 'width', title: msg`Width`, as: 'text', placeholder: '50%' }],
  'mj-hero': [
    background,
    { attribute: 'background-url', title: msg`Address of the background image`, as: 'text', placeholder: 'https://' },
    padding,
  ],
  'mj-text': [color, { attribute: 'font-size', title: msg`Size`, as: 'text', placeholder: '13px' }, align, padding],
  'mj-button': [
    { attribute: 'href', title: msg`Link`, as: 'text', placeholder: 'https://' },
    background,
    color,
    align,
    { attribute: 'border-radius', title: msg`Corner radius`, as: 'text', placeholder: '3px' },
  ],
  'mj-image': [
    { attribute: 'src', title: msg`Address of the image`, as: 'text', placeholder: 'https://' },
    { attribute: 'alt', title: msg`Alternative text`, as: 'text' },
    { attribute: 'href', title: msg`Link`, as: 'text', placeholder: 'https://' },
    { attribute: 'width', title: msg`Width`, as: 'text', placeholder: '300px' },
    align,
  ],
  'mj-divider': [
    { attribute: 'border-color', title: msg`Color`, as: 'color' },
    { attribute: 'border-width', title: msg`Thickness`, as: 'text', placeholder: '4px' },
  ],
  'mj-spacer': [{ attribute: 'height', title: msg`Height`, as: 'text', placeholder: '20px' }],
  'mj-social': [align],
  'mj-social-element': [
    { attribute: 'name', title: msg`Network`, as: 'network' },
    { attribute: 'href', title: msg`Link`, as: 'text', placeholder: 'https://' },
  ],
};

export const networks = [
  'facebook',
  'instagram',
  'linkedin',
  'twitter',
  'youtube',
  'pinterest',
  'github',
  'medium',
  'vimeo',
  'web',
];
