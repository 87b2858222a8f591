import { useLingui } from '@lingui/react/macro';

import { type Tone, toneColor } from './Status';

type Part = { tone: Tone; label: string; value: number };

/** A bar that shows how a total is divided. The figures stand beside it, so it is one picture with a description. */
export function Shares({ parts }: { parts: Part[] }) {
  const { i18n } = useLingui();
  const shown = parts.filter((it) => it.value > 0);
  const description = shown.map((it) => `${it.label} ${i18n.number(it.value)}`).join(', ');
  return (
    <div className="shares" role="img" aria-label={description}>
      {shown.map((it) => (
        <span key={it.label} style={{ flexGrow: it.value, background: toneColor(it.tone) }} />
      ))}
    </div>
  );
}
