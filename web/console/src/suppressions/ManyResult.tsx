import { Plural, Trans, useLingui } from '@lingui/react/macro';

import { Banner, Button, Count, Group, Icon, ProblemNote, Progress, saveCsv, Stack, Text } from '../ui';
import type { Progress as Added } from './useManyAdded';

type Props = { progress: Added; onStop: () => void; onContinue: () => void; onMore: () => void };

/** How many refused addresses are shown; the file has all. */
const SHOWN = 100;

/** How far a list has been added, and which addresses were refused. */
export function ManyResult({ progress, onStop, onContinue, onMore }: Props) {
  const { t } = useLingui();
  const { total, done, added, known, refused, running, problem } = progress;
  const complete = done >= total;
  return (
    <Stack>
      {running && (
        <>
          <Progress value={(100 * done) / total} animated aria-label={t`Added so far`} />
          <Group justify="space-between">
            <Text role="status">
              <Trans>
                <Count value={done} /> of <Count value={total} />; about four seconds per thousand
              </Trans>
            </Text>
            <Button size="compact-sm" variant="default" onClick={onStop}>
              <Trans>Stop</Trans>
            </Button>
          </Group>
        </>
      )}
      {!running && (
        <Banner
          live
          tone={!complete ? 'warn' : refused.length > 0 ? 'warn' : 'ok'}
          title={complete ? t`The list has been added` : t`Stopped early`}
        >
          <div>
            <Plural value={added} one="# address was suppressed." other="# addresses were suppressed." />
          </div>
          {known > 0 && (
            <div>
              <Plural value={known} one="# was already suppressed." other="# were already suppressed." />
            </div>
          )}
          {refused.length > 0 && (
            <div>
              <Plural value={refused.length} one="# was refused:" other="# were refused:" />
            </div>
          )}
        </Banner>
      )}
      {!running && <ProblemNote problem={problem} retry={onContinue} />}
      {!running && !complete && problem === undefined && (
        <Button onClick={onContinue}>
          <Trans>Continue</Trans>
        </Button>
      )}
      {refused.length > 0 && (
        <>
          <table className="data">
            <thead>
              <tr>
                <th scope="col" className="tight right">{t`Line`}</th>
                <th scope="col">{t`Address and reason`}</th>
              </tr>
            </thead>
            <tbody>
              {refused.slice(0, SHOWN).map((it) => (
                <tr key={it.line}>
                  <td className="tight right">
                    <Count value={it.line} />
                  </td>
                  <td>
                    <bdi className="clip">{it.address}</bdi>
                    <Text size="sm" c="dimmed">
                      {it.detail}
                    </Text>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Group justify="space-between">
            {refused.length > SHOWN && (
              <Text size="sm" c="dimmed">
                <Trans>
                  The first <Count value={SHOWN} /> are shown.
                </Trans>
              </Text>
            )}
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Icon name="download" size={14} />}
              onClick={() =>
                saveCsv('refused.csv', [
                  [t`Line`, t`Address`, t`Reason`],
                  ...refused.map((it) => [String(it.line), it.address, it.detail]),
                ])
              }
            >
              <Trans>Save refused rows as CSV</Trans>
            </Button>
          </Group>
        </>
      )}
      {!running && (
        <div>
          <Button variant="default" onClick={onMore}>
            <Trans>Add another list</Trans>
          </Button>
        </div>
      )}
    </Stack>
  );
}
