import { useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';

import { Icon, VisuallyHidden } from '../ui';
import { type Gap, type Step, stepPath, steps, stepTitles } from './steps';

type Props = { campaign: string; current: Step; gaps: Gap[]; passed: Step[] };

/** The four steps; each can be opened at any time, because leaving one is always safe. It is done when nothing is missing and it was passed. */
export function StepList({ campaign, current, gaps, passed }: Props) {
  const { t, i18n } = useLingui();
  return (
    <nav aria-label={t`Steps`}>
      <ol className="steps">
        {steps.map((step, index) => {
          const done = passed.includes(step) && gaps.every((it) => it.step !== step);
          return (
            <li key={step}>
              <Link
                to={stepPath(campaign, step)}
                aria-current={step === current ? 'step' : undefined}
                data-done={done || undefined}
              >
                <span className="number">{done ? <Icon name="check" size={14} /> : index + 1}</span>
                <span>
                  {i18n._(stepTitles[step])}
                  {done && <VisuallyHidden>{t`, done`}</VisuallyHidden>}
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
