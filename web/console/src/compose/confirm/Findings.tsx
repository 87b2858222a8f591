import { Plural, Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { Banner, Checkbox, Group, List, Stack, Text, TextLink } from '../../ui';
import { partTitle } from '../draft/partWords';
import { asSentence, mendedAt, partOf } from './findings';

type Finding = Schemas['PreflightFinding'];

type Props = {
  campaign: string;
  findings: Finding[];
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
};

/** What prevents sending, each with the way to mend it, and what one should know before it. */
export function Findings({ campaign, findings, accepted, onAccept }: Props) {
  const { t } = useLingui();
  const blocking = findings.filter((it) => it.severity === 'blocking');
  const warnings = findings.filter((it) => it.severity === 'warning');
  return (
    <Stack gap="sm">
      {blocking.length > 0 && (
        <div id="blocking" tabIndex={-1}>
          <Banner
            tone="bad"
            title={
              <Plural value={blocking.length} one="# issue must be fixed first" other="# issues must be fixed first" />
            }
          >
            <Entries campaign={campaign} findings={blocking} verb={t`Fix it`} />
          </Banner>
        </div>
      )}
      {warnings.length > 0 && (
        <Banner tone="warn" title={<Plural value={warnings.length} one="# warning" other="# warnings" />}>
          <Entries campaign={campaign} findings={warnings} verb={t`View`} />
          <Checkbox
            id="accept-warnings"
            mt="sm"
            checked={accepted}
            onChange={(event) => onAccept(event.currentTarget.checked)}
            label={t`I have read the warnings and want to send anyway`}
          />
        </Banner>
      )}
      {findings.length === 0 && (
        <Banner tone="ok" title={<Trans>No problems found</Trans>}>
          <Trans>Nothing blocks sending or needs your attention.</Trans>
        </Banner>
      )}
    </Stack>
  );
}

function Entries({ campaign, findings, verb }: { campaign: string; findings: Finding[]; verb: string }) {
  const { i18n } = useLingui();
  const where = (finding: Finding) => {
    const part = partOf(finding);
    return part === undefined ? '' : `${partTitle(i18n, part)}: `;
  };
  return (
    <List size="sm" spacing={4} mt={4} pr="xs">
      {findings.map((it) => (
        <List.Item key={`${it.code} ${it.field} ${it.channel} ${it.detail}`}>
          <Group gap={6} component="span" style={{ display: 'inline' }}>
            <Text component="span" size="sm">
              {where(it)}
              {asSentence(it.detail)}
            </Text>{' '}
            <TextLink to={mendedAt(campaign, it)} underline="always">
              {verb}
            </TextLink>
          </Group>
        </List.Item>
      ))}
    </List>
  );
}
