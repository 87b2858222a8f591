import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Problem, Schemas } from '../../api';
import { ActionIcon, Button, Group, Icon, Menu, Modal, Select, Stack, Tabs, Text, Tooltip, useConfirm } from '../../ui';
import { languageName, languages } from './languages';
import { type Content, lacking, parts, versionOf, withDefault, withLanguage, withoutLanguage } from './versions';
import classes from './editor.module.css';
import { partWords } from './words';

type Props = {
  /** What the ids of the tabs and of their panel begin with. */
  id: string;
  content: Content;
  onChange: (content: Content) => void;
  channels: Schemas['Channel'][];
  /** The language of the top level. */
  usual: string;
  chosen: string;
  onChoose: (language: string) => void;
  problem: Problem | null;
};

/** The tab of the top level, whose language may be written as nothing. */
const TOP = 'default';

/** What stands for the version in a language: the panel of its tab, which is elsewhere on the page. */
export function panelOf(id: string, language: string) {
  const name = language === '' ? TOP : language;
  return { role: 'tabpanel', id: `${id}-panel-${name}`, 'aria-labelledby': `${id}-tab-${name}` };
}

/**
 * The languages of a text as tabs: which one everybody else gets, and where a version lacks something. A single language needs no
 * tab.
 */
export function Languages({ id, content, onChange, channels, usual, chosen, onChoose, problem }: Props) {
  const { t, i18n } = useLingui();
  const confirm = useConfirm();
  const [adding, setAdding] = useState(false);
  const tags = Object.keys(content.languages ?? {});
  const hasProblem = (tag: string) =>
    problem?.fields.some(({ field }) =>
      tag === ''
        ? parts.some((it) => field.startsWith(`content.${it}`))
        : field === `content.languages.${tag}` || field.startsWith(`content.languages.${tag}.`),
    ) === true;
  const remove = async (tag: string) => {
    const name = languageName(tag, i18n.locale);
    const written = parts.filter((it) => versionOf(content, tag)[it] != null).map((it) => i18n._(partWords[it].title));
    const yes =
      written.length === 0 ||
      (await confirm({
        title: t`Remove ${name}?`,
        text: t`What is written in ${name} will be lost: ${written.join(', ')}. Its readers will get the default version.`,
        verb: t`Remove ${name}`,
        grave: true,
      }));
    if (!yes) return;
    onChange(withoutLanguage(content, tag));
    onChoose('');
  };
  return (
    <Group gap={4} className={classes.languages}>
      {tags.length === 0 ? (
        <Text size="sm" c="dimmed" px={4}>
          {languageName(usual, i18n.locale)}
        </Text>
      ) : (
        <Tabs
          id={id}
          value={chosen || TOP}
          onChange={(it) => onChoose(it === TOP ? '' : (it ?? ''))}
          variant="pills"
          styles={{ tab: { padding: '5px 10px' } }}
        >
          <Tabs.List aria-label={t`Languages`}>
            {['', ...tags].map((tag) => {
              const missing = lacking(content, tag, channels).map((it) => i18n._(partWords[it].title));
              return (
                <Tabs.Tab
                  key={tag}
                  value={tag || TOP}
                  rightSection={
                    hasProblem(tag) ? (
                      <Mark icon="cross" label={t`Something needs to be corrected`} />
                    ) : missing.length > 0 ? (
                      <Mark icon="attention" label={t`Missing: ${missing.join(', ')}`} />
                    ) : undefined
                  }
                >
                  {languageName(tag === '' ? usual : tag, i18n.locale)}
                  {tag === '' && tags.length > 0 && (
                    <Text component="span" size="xs" c="inherit">
                      {' '}
                      <Trans>(default)</Trans>
                    </Text>
                  )}
                </Tabs.Tab>
              );
            })}
          </Tabs.List>
        </Tabs>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Icon name="plus" size={14} />}
        onClick={() => setAdding(true)}
      >
        <Trans>Add a language</Trans>
      </Button>
      {chosen === '' ? null : (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t`Actions for ${languageName(chosen, i18n.locale)}`}
            >
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<Icon name="check" size={16} />}
              onClick={() => {
                onChange(withDefault(content, chosen, usual));
                onChoose('');
              }}
            >
              <Trans>Make it the default</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void remove(chosen)}>
              <Trans>Remove this language</Trans>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <AddLanguage
        opened={adding}
        onClose={() => setAdding(false)}
        taken={[usual, ...tags]}
        onAdd={(tag) => {
          onChange(withLanguage(content, tag));
          onChoose(tag);
          setAdding(false);
        }}
      />
    </Group>
  );
}

type AddProps = { opened: boolean; onClose: () => void; taken: string[]; onAdd: (tag: string) => void };

function AddLanguage({ opened, onClose, taken, onAdd }: AddProps) {
  const { t, i18n } = useLingui();
  return (
    <Modal opened={opened} onClose={onClose} title={t`Add a language`} closeButtonProps={{ 'aria-label': t`Close` }}>
      {opened && (
        <Stack>
          <Text size="sm">
            <Trans>
              People who prefer this language get its version; everyone else gets the default. Anything missing in a
              version is taken from the default.
            </Trans>
          </Text>
          <Select
            label={t`Language`}
            data-autofocus
            searchable
            limit={60}
            nothingFoundMessage={t`No language matches this name.`}
            data={languages(i18n.locale).filter((it) => !taken.includes(it.value))}
            value={null}
            onChange={(tag) => tag !== null && onAdd(tag)}
          />
        </Stack>
      )}
    </Modal>
  );
}

/** A mark on a tab: a picture with the words that it stands for. */
export function Mark({ icon, tone, label }: { icon: 'cross' | 'attention'; tone?: 'bad' | 'warn'; label: string }) {
  return (
    <Tooltip label={label}>
      <span role="img" aria-label={label} style={{ display: 'inline-flex' }}>
        <Icon name={icon} size={14} color={tone === undefined ? undefined : `var(--${tone})`} />
      </span>
    </Tooltip>
  );
}
