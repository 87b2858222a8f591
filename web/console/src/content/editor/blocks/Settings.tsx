import { useLingui } from '@lingui/react/macro';
import type { Component } from 'grapesjs';
import { useEffect, useRef, useState } from 'react';

import { ColorInput, Select, Stack, TextInput, Title } from '../../../ui';
import { decoded, encoded } from '../mjml/source';
import { wellFormed } from '../mjml/wellFormed';
import { TemplateField } from '../TemplateField';
import { type Canvas, tagOf } from './canvas';
import { KEPT, names, networks, settings } from './kinds';

type Props = {
  canvas: Canvas;
  component: Component;
  /** That somebody was led here to fill in what is missing; another object each time. */
  wanted: object | undefined;
};

/** What can be set for the chosen block. */
export function Settings({ canvas, component, wanted }: Props) {
  const { t, i18n } = useLingui();
  const tag = tagOf(component);
  const name = names[tag] === undefined ? tag : i18n._(names[tag]);
  const attributes = component.get('attributes') as Record<string, string>;
  const set = (attribute: string, value: string) => {
    const next = { ...(component.get('attributes') as Record<string, string>) };
    if (value === '') delete next[attribute];
    else next[attribute] = encoded(value);
    // A picture has its address in a second place.
    if (attribute === 'src') component.set('src', next['src'] ?? '');
    component.setAttributes(next);
  };
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const fields = Array.from(
      place.current?.querySelectorAll<HTMLInputElement>('[data-field] :is(input, textarea)') ?? [],
    );
    if (wanted !== undefined) fields.find((it) => it.value === '')?.focus();
  }, [wanted]);
  const holdsText =
    component.get('type') === KEPT ? component.get('kept') === 'mj-raw' : tag === 'mj-text' || tag === 'mj-button';
  return (
    <Stack gap="xs" role="group" aria-label={t`Settings for ${name}`} ref={place}>
      <Title order={3}>{name}</Title>
      {holdsText && <TextOf canvas={canvas} component={component} plain={tag === 'mj-button'} />}
      {(settings[tag] ?? []).map((it) => {
        const value = decoded(attributes[it.attribute] ?? '');
        const label = i18n._(it.title);
        switch (it.as) {
          case 'color':
            return (
              <ColorInput
                key={it.attribute}
                size="xs"
                label={label}
                format="hex"
                eyeDropperButtonProps={{ 'aria-label': t`Pick a color from the screen` }}
                value={value}
                onChange={(color) => set(it.attribute, color)}
              />
            );
          case 'align':
            return (
              <Select
                key={it.attribute}
                size="xs"
                label={label}
                value={value === '' ? 'left' : value}
                data={[
                  { value: 'left', label: t`Left` },
                  { value: 'center', label: t`Center` },
                  { value: 'right', label: t`Right` },
                ]}
                onChange={(side) => set(it.attribute, side ?? '')}
              />
            );
          case 'network':
            return (
              <Select
                key={it.attribute}
                size="xs"
                label={label}
                value={value}
                data={networks.includes(value) ? networks : [...networks, value]}
                onChange={(network) => set(it.attribute, network ?? '')}
              />
            );
          default:
            return it.attribute === 'src' || it.attribute === 'href' || it.attribute === 'alt' ? (
              <TemplateField
                key={it.attribute}
                label={label}
                value={value}
                placeholder={it.placeholder}
                onChange={(text) => set(it.attribute, text)}
                dir={it.attribute === 'alt' ? 'auto' : 'ltr'}
              />
            ) : (
              <TextInput
                key={it.attribute}
                size="xs"
                label={label}
                placeholder={it.placeholder}
                value={value}
                onChange={(event) => set(it.attribute, event.currentTarget.value)}
              />
            );
        }
      })}
    </Stack>
  );
}

/** The text of a block as it is stored. Half-written tags stay in the field until they are whole. */
function TextOf({ canvas, component, plain }: { canvas: Canvas; component: Component; plain: boolean }) {
  const { t } = useLingui();
  const stored = canvas.contentOf(component);
  const [typed, setTyped] = useState(stored);
  const [sent, setSent] = useState(stored);
  useEffect(() => {
    if (stored === sent) return;
    setTyped(stored);
    setSent(stored);
  }, [stored, sent]);
  const change = (text: string) => {
    setTyped(text);
    const whole = component.get('kept') === 'mj-raw' ? text : wellFormed(text);
    setSent(whole);
    component.set('content', whole);
    component.view?.render();
  };
  return (
    <TemplateField
      label={plain ? t`Text on the button` : t`Text as code`}
      value={typed}
      onChange={change}
      lines={plain ? 1 : 4}
      mono={!plain}
    />
  );
}
