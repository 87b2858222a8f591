import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Schemas } from '../../api';
import { Button, Group, Icon, type IconName, Paper, useParam } from '../../ui';
import { ByHand } from './ByHand';
import { FromFile } from './FromFile';
import { Paste } from './Paste';

const ways = ['paste', 'file', 'hand'] as const;

type Way = (typeof ways)[number];

type Props = {
  campaign: Schemas['Campaign'];
  channels: Schemas['Channel'][];
  /** The placeholders that the message declares. */
  variables: Schemas['Variable'][];
  /** Whether there are receivers already. */
  again: boolean;
};

/** The ways to add people. Which one is open stands in the address. */
export function AddReceivers({ campaign, channels, variables, again }: Props) {
  const { t } = useLingui();
  const [asked, setWay] = useParam('add');
  // Where nobody is yet, one way is open; it stays so while people are added.
  const [usual] = useState<Way | 'none'>(again ? 'none' : 'paste');
  const way = asked === '' ? usual : asked;
  const isOpen = ways.includes(way as Way);
  const titles: Record<Way, { icon: IconName; title: string }> = {
    paste: { icon: 'copy', title: t`Paste addresses` },
    file: { icon: 'upload', title: t`From a CSV file` },
    hand: { icon: 'person', title: t`By hand` },
  };
  const names = [...new Set(variables.map((it) => it.path.split('.')[0] ?? it.path))];
  return (
    <section aria-label={t`Add receivers`}>
      <Group gap="xs" id={isOpen ? undefined : 'add-receivers'}>
        {ways.map((it) => (
          <Button
            key={it}
            variant={way === it ? 'light' : 'default'}
            leftSection={<Icon name={titles[it].icon} size={16} />}
            aria-expanded={way === it}
            onClick={() => setWay(way === it ? 'none' : it)}
          >
            {titles[it].title}
          </Button>
        ))}
      </Group>
      {isOpen && (
        <Paper withBorder p="md" mt="xs" id="add-receivers">
          {way === 'hand' && <ByHand campaign={campaign.id} names={names} />}
          {way === 'paste' && <Paste campaign={campaign.id} channels={channels} />}
          {way === 'file' && <FromFile campaign={campaign.id} again={again} onStarted={() => setWay('none')} />}
        </Paper>
      )}
    </section>
  );
}
