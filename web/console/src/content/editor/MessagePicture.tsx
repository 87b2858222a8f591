import { Plural, Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { Box, Code, Group, Icon, Stack, Text } from '../../ui';
import classes from './editor.module.css';
import type { Part } from './versions';

/** A short message as its receiver sees it, about. */
export function MessagePicture({ part, of }: { part: Exclude<Part, 'email'>; of: Schemas['Preview'] }) {
  switch (part) {
    case 'sms':
      return (
        <Stack gap={6}>
          <div className={classes.phone}>
            <div className={`${classes.bubble} ${classes.sms}`} dir="auto">
              {of.text}
            </div>
          </div>
          {of.segments != null && <Size of={of.segments} />}
        </Stack>
      );
    case 'whatsapp':
      return (
        <Stack gap="sm">
          {of.text != null && (
            <div className={classes.phone}>
              <div className={`${classes.bubble} ${classes.whatsapp}`} dir="auto">
                <Formatted text={of.text} />
              </div>
            </div>
          )}
          {of.template != null && <Filled template={of.template} />}
        </Stack>
      );
    case 'push':
      return (
        <div className={classes.phone}>
          <div className={classes.card}>
            <div className={classes.icon}>
              <Icon name="bell" size={22} />
            </div>
            <Box style={{ minWidth: 0 }} dir="auto">
              <Text fw={650} c="#1d1b19">
                {of.title}
              </Text>
              <Text c="#1d1b19" style={{ whiteSpace: 'pre-wrap' }}>
                {of.text}
              </Text>
              <Opens url={of.url} />
            </Box>
          </div>
        </div>
      );
    case 'toolbar':
      return (
        <div className={classes.portal}>
          <div className={classes.portalbar} />
          <Group p="sm" justify="flex-end">
            <div className={classes.card} style={{ maxWidth: 320 }}>
              <div className={classes.icon}>
                <Icon name="bell" size={20} />
              </div>
              <Box style={{ minWidth: 0 }} dir="auto">
                <Text fw={650} c="#1d1b19">
                  {of.toolbar?.title}
                </Text>
                <Text c="#1d1b19">{of.toolbar?.description}</Text>
                <Opens url={of.toolbar?.url} />
              </Box>
            </div>
          </Group>
        </div>
      );
    case 'widget':
      return (
        <div className={classes.portal}>
          <div className={classes.portalbar} />
          <div className={classes.alert} data-type={of.widget?.type} dir="auto">
            <Text fw={650} c="#1d1b19">
              {of.widget?.title}
            </Text>
            <Text c="#1d1b19">{of.widget?.description}</Text>
          </div>
        </div>
      );
    default:
      return part satisfies never;
  }
}

/** Where a tap leads, shown and not linked: the message is only a preview. */
function Opens({ url }: { url: string | null | undefined }) {
  if (url == null || url === '') return null;
  return (
    <Text size="xs" c="#5d5851" mt={2}>
      <Trans>Opens {url}</Trans>
    </Text>
  );
}

function Size({ of }: { of: Schemas['Segments'] }) {
  return (
    <Text size="sm" ta="center" className="figure">
      <Plural value={of.count} one="# segment" other="# segments" />
      {' · '}
      {of.alphabet === 'gsm' ? (
        <Plural value={of.units} one="# character" other="# characters" />
      ) : (
        <Trans>
          <Plural value={of.units} one="# character" other="# characters" /> in Unicode
        </Trans>
      )}
    </Text>
  );
}

/** WhatsApp's marks for bold, italic and struck-through words. */
function Formatted({ text }: { text: string }) {
  return text.split(/(\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~)/).map((it, at) => {
    const inner = it.slice(1, -1);
    // Pieces of one text have no identity but their place.
    /* oxlint-disable react/no-array-index-key */
    if (at % 2 === 0) return <span key={at}>{it}</span>;
    if (it.startsWith('*')) return <strong key={at}>{inner}</strong>;
    if (it.startsWith('_')) return <em key={at}>{inner}</em>;
    return <s key={at}>{inner}</s>;
    /* oxlint-enable react/no-array-index-key */
  });
}

/** An approved template as it is filled in: its words are with WhatsApp, only the values are known here. */
function Filled({ template }: { template: Schemas['WhatsAppTemplate'] }) {
  const { t } = useLingui();
  const [header] = Object.values(template.header ?? {}) as string[];
  const rows = [
    ...(header === undefined ? [] : [[t`Header`, header]]),
    ...(template.body ?? []).map((it, at) => [t`Value ${at + 1}`, it]),
    ...(template.buttons ?? []).map((it, at) => [t`Button ${at + 1}`, it]),
  ];
  return (
    <div className={classes.phone} style={{ minHeight: 0 }}>
      <div className={`${classes.bubble} ${classes.whatsapp}`}>
        <Text fw={650} c="#1d1b19">
          <Trans>
            Template <Code>{template.name}</Code> ({template.language})
          </Trans>
        </Text>
        {rows.map(([label, value]) => (
          <Text key={label} c="#1d1b19" size="sm" dir="auto">
            {label}: {value}
          </Text>
        ))}
      </div>
    </div>
  );
}
