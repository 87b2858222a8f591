import { Plural, Trans, useLingui } from '@lingui/react/macro';
import type { I18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../../api';
import { ChannelMark } from '../../campaigns/Marks';
import { offReason } from '../../receivers/words';
import { Count, Group, Stack, Text } from '../../ui';
import { languageName } from '../../content/editor/languages';
import { CostRange } from './CostRange';

type Preflight = Schemas['Preflight'];
type OfChannel = Schemas['ChannelPreflight'];

/** Who gets the message on which channel, who does not and why, in which language, for how much. */
export function PreflightReport({ preflight }: { preflight: Preflight }) {
  const { t, i18n } = useLingui();
  const duration = preflight.estimated_seconds;
  // A single language says nothing that the figures beside it do not.
  const severalLanguages = preflight.channels.some((it) => Object.keys(it.languages).length > 1);
  if (preflight.channels.length === 0) {
    return (
      <Text c="dimmed">
        <Trans>Nobody yet.</Trans>
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      <table className="data" aria-label={t`Who gets the message`}>
        <thead>
          <tr>
            <th scope="col">{t`Channel`}</th>
            <th scope="col" className="right tight">{t`Get it`}</th>
            <th scope="col" className="beneath">{t`Left out`}</th>
            {severalLanguages && <th scope="col" className="beneath">{t`Languages`}</th>}
            {preflight.cost != null && <th scope="col" className="right beneath">{t`Cost`}</th>}
          </tr>
        </thead>
        <tbody>
          {preflight.channels.map((it) => (
            <tr key={it.channel}>
              <td>
                <ChannelMark channel={it.channel} />
                <div className="below">
                  <Excluded of={it} />
                  {severalLanguages && <div>{languagesText(i18n, it)}</div>}
                  {it.cost != null && <CostRange cost={it.cost} />}
                </div>
              </td>
              <td className="right tight">
                <Text fw={600} component="span">
                  <Count value={it.receivers} />
                </Text>
              </td>
              <td className="beneath">
                <Excluded of={it} />
              </td>
              {severalLanguages && <td className="beneath">{languagesText(i18n, it)}</td>}
              {preflight.cost != null && (
                <td className="right beneath">{it.cost != null && <CostRange cost={it.cost} />}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <Group gap="lg" c="dimmed" style={{ rowGap: 4 }}>
        {duration != null && (
          <Text size="sm">
            <Trans>Duration: about {durationText(i18n, duration)}</Trans>
          </Text>
        )}
        <Text size="sm">
          {preflight.cost == null ? (
            <Trans>Cost: not known, no prices are set</Trans>
          ) : (
            <Trans>
              Cost: <CostRange cost={preflight.cost} />
            </Trans>
          )}
        </Text>
        {preflight.channels.map(
          (it) =>
            it.total_segments != null && (
              <Text size="sm" key={it.channel}>
                <Trans>
                  SMS segments: <Count value={it.total_segments} />
                </Trans>
              </Text>
            ),
        )}
      </Group>
    </Stack>
  );
}

/** Who is left out, and why. */
function Excluded({ of }: { of: OfChannel }) {
  const { i18n } = useLingui();
  const reasons = Object.entries(of.excluded).filter(([, count]) => count > 0);
  const failing = Object.values(of.not_renderable).reduce((sum, it) => sum + it.count, 0);
  if (reasons.length === 0 && failing === 0) return <Trans>Nobody is left out</Trans>;
  return (
    <>
      {reasons.map(([code, count]) => {
        const reason = offReason(code, of.channel);
        const why = reason === undefined ? code : i18n._(reason);
        return (
          <div key={code} className="figure">
            <Plural value={count} one={`# person: ${why}`} other={`# people: ${why}`} />
          </div>
        );
      })}
      {failing > 0 && (
        <div className="figure">
          <Plural
            value={failing}
            one="# person: a value is missing or does not fit"
            other="# people: a value is missing or does not fit"
          />
        </div>
      )}
    </>
  );
}

function languagesText(i18n: I18n, { languages }: OfChannel): string {
  return Object.entries(languages)
    .filter(([, count]) => count > 0)
    .map(
      ([tag, count]) =>
        `${tag === 'default' ? i18n._(msg`Main language`) : languageName(tag, i18n.locale)} ${i18n.number(count)}`,
    )
    .join(', ');
}

/** "12 minutes", rounded to what a person needs. */
function durationText(i18n: I18n, seconds: number): string {
  const [unit, value]: [string, number] =
    seconds < 90
      ? ['second', Math.max(1, seconds)]
      : seconds < 5_400
        ? ['minute', Math.round(seconds / 60)]
        : ['hour', Math.round(seconds / 360) / 10];
  return i18n.number(value, { style: 'unit', unit, unitDisplay: 'long' });
}
